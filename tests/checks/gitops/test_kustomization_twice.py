"""Which objects meet in a kustomization under one id."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.checks.gitops.kustomization_twice import check
from stackgen.manifest.collect import collect

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: chat}\nspec: {ports: [{port: 80}]}\n"
RENAMED = "{op: replace, path: /metadata/name, value: other}"
MERGED = "{apiVersion: v1, kind: Service, metadata: {name: other}}"


@pytest.mark.parametrize(
    ("overlay", "found"),
    [
        ("", True),
        ("labels: [{pairs: {a: b}}]", True),
        ("namePrefix: qwen-", False),
        ("namespace: models", False),
        ("components: [../more]", False),
        (f"patches: [{{target: {{kind: Service}}, patch: '[{RENAMED}]'}}]", False),
        (f"patches: [{{target: {{kind: Deployment}}, patch: '[{RENAMED}]'}}]", True),
        (f"patches: [{{patch: '{MERGED}', options: {{allowNameChange: true}}}}]", False),
    ],
)
def test_a_base_beside_its_overlay(tmp_path: Path, overlay: str, found: bool) -> None:
    for folder, text in (("base", "resources: [chat.yaml]"), ("qwen", "resources: [../base]")):
        (tmp_path / folder).mkdir()
        more = overlay if folder == "qwen" else ""
        (tmp_path / folder / "kustomization.yaml").write_text(f"{text}\n{more}\n")
    (tmp_path / "base" / "chat.yaml").write_text(SERVICE)
    (tmp_path / "kustomization.yaml").write_text("resources: [base, qwen]\n")
    said = [one.message for one in check(Context(collect([str(tmp_path)]).bundle))]
    assert said == (["base has Service chat, too"] if found else [])


def test_a_file_that_is_listed_twice(tmp_path: Path) -> None:
    (tmp_path / "chat.yaml").write_text(SERVICE)
    (tmp_path / "kustomization.yaml").write_text("resources: [chat.yaml, ./chat.yaml]\n")
    assert [one.message for one in check(Context(collect([str(tmp_path)]).bundle))]
