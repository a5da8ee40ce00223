"""The ways to get stackgen: the GitHub Action, the release workflow, the mirror for pre-commit."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from tools import mirror

from stackgen import __version__
from tests import sandbox

WORKFLOWS = [sandbox.ROOT / "action.yml", *(sandbox.ROOT / ".github/workflows").glob("*.yml")]


def _steps(file: Path) -> list[dict[str, Any]]:
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    jobs = [data["runs"]] if "runs" in data else data["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda x: x.name)
def test_steps_are_pinned_and_take_no_text_of_others_for_shell(file: Path) -> None:
    for step in _steps(file):
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])
        else:
            assert "${{" not in step["run"]
            shell = subprocess.run(["bash", "-n"], input=step["run"], text=True, check=False)
            assert shell.returncode == 0


def test_the_release_attests_what_it_publishes() -> None:
    data = yaml.safe_load((sandbox.ROOT / ".github/workflows/release.yml").read_text("utf-8"))
    assert data["permissions"] == {"contents": "read"}
    steps = data["jobs"]["release"]["steps"]
    done = [step.get("name") or step["uses"].split("@")[0] for step in steps]
    order = ["Test", "Build", "Bill of materials", "actions/attest-build-provenance",
             "actions/attest-sbom", "Release", "Publish to the package index"]  # fmt: skip
    assert sorted(order, key=done.index) == order
    files = set(re.findall(r"(?:tools|requirements)/[\w./-]+", str(steps)))
    assert files and all((sandbox.ROOT / name).is_file() for name in files)


def test_the_action_runs_the_command_of_its_input(tmp_path: Path) -> None:
    """The step after the installation, with a stackgen that is there."""
    (run,) = [step for step in _steps(sandbox.ROOT / "action.yml") if step.get("name") == "Run"]
    env = sandbox.environment(ARGS="lint a.yaml  --select schema --output-format concise")
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Podd\nmetadata: {name: a}\n")
    done = sandbox.run(["bash", "-e", "-o", "pipefail", "-c", run["run"]], tmp_path, env)
    assert done.returncode == 1
    assert done.stdout.startswith("a.yaml:2:7: error[")


def test_a_mirror_has_the_hooks_and_installs_the_package(tmp_path: Path) -> None:
    assert mirror.main([__version__, str(tmp_path / "mirror")]) == 0
    made = set(os.listdir(tmp_path / "mirror"))
    assert made == {".pre-commit-hooks.yaml", "LICENSE", "README.md", "pyproject.toml"}
    project = tomllib.loads((tmp_path / "mirror" / "pyproject.toml").read_text())["project"]
    assert project["dependencies"] == [f"stackgen=={__version__}"]
    hooks = yaml.safe_load((tmp_path / "mirror" / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in hooks} == {"stackgen-build", "stackgen-check", "stackgen-lint"}
    with pytest.raises(ValueError, match="is not a version"):
        mirror.files('1.0"; import os')
