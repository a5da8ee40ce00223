"""What lint is told about the cluster: `profile` in .stackgen.yaml, and `--data`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import sandbox

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {containers: [{name: c, image: "docker.io/someone/vllm:1.0"}]}
"""
LINT = [sys.executable, "-m", "stackgen", "lint", "pod.yaml", "--output-format", "concise"]
RULES = ["--select", "supply-*"]


def lint(folder: Path, *arguments: str) -> tuple[int, str]:
    (folder / "pod.yaml").write_text(POD, encoding="utf-8")
    done = sandbox.run([*LINT, *RULES, *arguments], folder)
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


def test_without_a_profile_registries_are_not_judged(tmp_path: Path) -> None:
    code, text = lint(tmp_path)
    assert code == 0
    assert "supply-image-digest" in text
    assert "supply-registry-allow-list" not in text


def test_the_profile_of_the_config_file(tmp_path: Path) -> None:
    (tmp_path / ".stackgen.yaml").write_text(
        "profile: {name: production, stage: dev, allowedRegistries: [registry.redhat.io]}\n",
        encoding="utf-8",
    )
    code, text = lint(tmp_path)
    assert code == 1
    assert "supply-registry-allow-list" in text
    assert "supply-image-digest" not in text


def test_a_data_file_wins_over_the_config_file(tmp_path: Path) -> None:
    (tmp_path / ".stackgen.yaml").write_text("profile: {stage: dev}\n", encoding="utf-8")
    (tmp_path / "facts.yaml").write_text(
        "stackgen: {profile: {stage: prod, allowedRegistries: [docker.io]}}\n", encoding="utf-8"
    )
    code, text = lint(tmp_path, "--data", "facts.yaml")
    assert code == 0
    assert "supply-image-digest" in text
    assert "supply-registry-allow-list" not in text


def test_data_reaches_the_users_own_policies(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "p.rego").write_text(
        'package main\nimport rego.v1\ndeny contains "kind" if input.kind in data.banned\n',
        encoding="utf-8",
    )
    (tmp_path / "facts.json").write_text('{"banned": ["Pod"]}', encoding="utf-8")
    code, text = lint(tmp_path, "--policy", "own", "--select", "policy", "--data", "facts.json")
    assert code == 1
    assert "custom-main-deny" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stackgen: {profile: {stage: staging}}\n", "profile.stage is not one of dev, test, prod"),
        ("stackgen: {profile: {alowedRegistries: []}}\n", 'did you mean "allowedRegistries"'),
        ("stackgen: {release: odh-9}\n", "no release 'odh-9'"),
        ("stackgen: []\n", "stackgen is not an object"),
        ("- a\n", "data for policies must be an object"),
        ("a: [\n", "facts.yaml:"),
    ],
)
def test_data_that_says_nothing_known_is_a_mistake(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "facts.yaml").write_text(text, encoding="utf-8")
    code, printed = lint(tmp_path, "--data", "facts.yaml")
    assert code == 2
    assert message in printed


def test_a_missing_data_file_is_a_mistake(tmp_path: Path) -> None:
    code, printed = lint(tmp_path, "--data", "no.yaml")
    assert code == 2
    assert "no.yaml" in printed


def test_a_wrong_profile_in_the_config_file_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / ".stackgen.yaml").write_text(
        "profile:\n  stage: dev\n  kserveTLS: maybe\n", encoding="utf-8"
    )
    code, printed = lint(tmp_path)
    assert code == 2
    assert ".stackgen.yaml:3:14: `kserveTLS` is not true or false" in printed
