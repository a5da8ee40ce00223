"""`stackgen policies list` and `stackgen policies export`."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests import sandbox
from tests.program import stackgen

COMMAND = [sys.executable, "-m", "stackgen"]
FORMS = ("gatekeeper", "vap")


def export(folder: Path, *arguments: str) -> str:
    return sandbox.run_ok([*COMMAND, "policies", "export", *arguments], folder)


def test_the_list_says_which_engines_can_enforce_a_policy(tmp_path: Path) -> None:
    text = sandbox.run_ok([*COMMAND, "policies", "list", "--output-format", "json"], tmp_path)
    rows = {row["id"]: row for row in json.loads(text)["policies"]}
    assert rows["pods-no-privileged"]["export"] == {"gatekeeper": True, "vap": True}
    assert rows["secrets-no-inline-token"]["export"]["gatekeeper"] is True
    assert "CEL" in rows["secrets-no-inline-token"]["export"]["vap"]
    assert "several objects" in rows["net-default-deny"]["export"]["gatekeeper"]
    shown = sandbox.run_ok([*COMMAND, "policies", "list", "--select", "pods-no-*"], tmp_path)
    assert "pods-no-privileged" in shown
    assert "rbac-no-wildcards" not in shown


@pytest.mark.parametrize("form", FORMS)
def test_the_export_passes_its_own_lint_and_kustomize(form: str, tmp_path: Path) -> None:
    export(tmp_path, "--format", form, "--out", "x", "--release", "odh-3.5")
    linted = sandbox.run_ok([*COMMAND, "lint", "--fail-on", "info", "x"], tmp_path)
    assert "no findings" in linted
    kubectl = shutil.which("kubectl", path=sandbox.environment()["PATH"])
    assert kubectl is not None
    rendered = sandbox.run_ok([kubectl, "kustomize", "x"], tmp_path)
    streamed = export(tmp_path, "--format", form, "--release", "odh-3.5")
    ours = [d for d in yaml.safe_load_all(streamed.split("stackgen: left out")[0]) if d]
    assert _sorted(yaml.safe_load_all(rendered)) == _sorted(ours)


def _sorted(documents: object) -> list[str]:
    return sorted(json.dumps(d, sort_keys=True) for d in documents)  # type: ignore[attr-defined]


def test_an_export_replaces_the_one_before_and_nothing_else(tmp_path: Path) -> None:
    export(tmp_path, "--format", "vap", "--out", "x")
    export(tmp_path, "--format", "vap", "--out", "x", "--select", "rbac-no-*")
    left = sorted(p.name for p in (tmp_path / "x" / "policies").iterdir())
    assert left == [
        "kustomization.yaml", "rbac-no-cluster-admin.yaml", "rbac-no-escalation.yaml",
        "rbac-no-wildcards.yaml",
    ]  # fmt: skip
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kustomization.yaml").write_text("resources: []\n", encoding="utf-8")
    done = sandbox.run(
        [*COMMAND, "policies", "export", "--format", "vap", "--out", "mine"], tmp_path
    )
    assert done.returncode == 2
    assert "mine/kustomization.yaml: was not made by stackgen" in done.stdout
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["kustomization.yaml"]


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    printed = export(tmp_path, "--format", "gatekeeper", "--out", "x")
    (line,) = [line for line in printed.splitlines() if "net-default-deny" in line]
    assert line.startswith("stackgen: left out: ")
    assert line.endswith("it is about several objects together; a cluster judges each by itself")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "kyverno"], "kyverno"),
        (["--format", "vap", "--select", "net-default-deny"], "nothing to export"),
        (["--format", "vap", "--select", "no-such"], "no-such"),
        (["--format", "vap", "--env", "prod"], "stack.yaml: not found"),
        ([], "--format"),
    ],
)
def test_mistakes_are_told(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = sandbox.run([*COMMAND, "policies", "export", *arguments], tmp_path)
    assert done.returncode == 2
    assert message in done.stdout
    assert "Traceback" not in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["A b", "a\n", "half \udcff", "x" * 64, ""])
def test_a_namespace_that_no_server_takes_is_refused(name: str, tmp_path: Path) -> None:
    given = ("--format", "vap", "--namespace", name)
    run = stackgen("policies", "export", *given, cwd=tmp_path)
    assert run.code == 2
    assert "is not a name of a namespace" in run.err
