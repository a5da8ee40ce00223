"""From an empty folder to the last command of the README, with the commands that are printed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import sandbox
from tests.bootstrap.stand_ins import Machine

if shutil.which("git") is None:
    pytest.skip("git is not installed", allow_module_level=True)

BLOCK = re.compile(r"^   ```bash\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)


class Shell:
    """A shell in which gcloud and kubectl are stand-ins, and git and stackgen are real."""

    def __init__(self, folder: Path) -> None:
        self.machine = Machine(folder / "machine")
        programs = folder / "machine" / "bin"
        (programs / "git").unlink()
        (programs / "stackgen").write_text(f'#!/bin/sh\nexec {sys.executable} -m stackgen "$@"\n')
        (programs / "stackgen").chmod(0o755)
        self.env = sandbox.environment(
            PYTHONPATH=str(sandbox.ROOT / "generator"), HOME=str(folder),
            GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null",
            **{f"GIT_{who}_NAME": "Test" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "test@example.com" for who in ("AUTHOR", "COMMITTER")},
        )  # fmt: skip

    def run(self, script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run lines of bash, up to the first that fails."""
        file = self.machine.folder / "block.sh"
        file.write_text(f"set -e\ncd {shlex.quote(str(cwd))}\n{script}")
        env = {k: v for k, v in self.env.items() if k != "PATH"}
        return self.machine.run(file, **env)

    def done(self, script: str, cwd: Path) -> str:
        """What lines of bash print, all of which succeed."""
        done = self.run(script, cwd)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _serves(shell: Shell, bootstrap: Path) -> None:
    """Delivery makes what the scripts wait for, and what verify.sh looks for."""
    scripts = "".join(file.read_text() for file in bootstrap.glob("*-cluster.sh"))
    waited = re.findall(r"exists kubectl get (\S+) (\S+)(?: --namespace (\S+))?", scripts)
    made = [f"{kind}/{name}/{space}" for kind, name, space in waited if kind.startswith("contain")]
    served = []
    for line in (bootstrap / "verify.sh").read_text().splitlines():
        words = shlex.split(line) if line.startswith("step ") else []
        if words[3:5] == ["kubectl", "get"]:
            space = words[words.index("--namespace") + 1] if "--namespace" in words else ""
            served.append(f"{words[5]}/{space}")
        if words[3:4] == ["every"]:
            shell.machine.answers["kubectl"][" ".join(words[6:])] = words[4]
    spaces = [f"namespace/{name}/" for kind, name, _ in waited if kind == "namespace"]
    applied = {"management-cluster": made, "workload-cluster": [*served, *spaces]}
    shell.machine.answers["applied"] |= applied


def _steps(bootstrap: Path) -> list[str]:
    return BLOCK.findall((bootstrap / "README.md").read_text())


@pytest.mark.parametrize("pattern", ["single", "multi-model"])
def test_every_command_from_an_empty_project_to_the_last_step(pattern: str, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    server, stack = tmp_path / "server.git", tmp_path / "stack"
    stack.mkdir()
    shell.done(f"git init -q --bare -b main {server}; git init -q -b main {stack}", tmp_path)
    shell.done(f"git remote add origin {server}; stackgen init . --pattern {pattern}", stack)
    spec = stack / "stack.yaml"
    text = spec.read_text().replace("my-project", "acme-llm-1")
    text = re.sub(r"repository: \S+", "repository: https://git.example.com/acme/llm", text)
    spec.write_text(text)
    shell.done("stackgen build; git add .; git commit -qm 'A first stack'", stack)
    shell.done("stackgen bootstrap --env prod", stack)
    bootstrap = stack / "bootstrap" / "prod"
    _serves(shell, bootstrap)
    shell.machine.answers["kubectl"][".subsets"] = "172.16.5.2"
    models = re.findall(r'has \'"([^"]+)"\' ask [^ ]*models', (bootstrap / "verify.sh").read_text())
    shell.machine.answers["curl"]["models"] = " ".join(f'"{name}"' for name in models)

    steps = _steps(bootstrap)
    assert len(steps) >= 4 and "verify.sh" in steps[-1]
    asked = ""
    for number, step in enumerate(steps):
        done = shell.run(step, bootstrap if "bash " in step else stack)
        if done.returncode == 0:
            continue
        # The one value that is not known before: it is read, and said how to set it.
        assert "workload-cluster.sh" in step and not asked, done.stdout + done.stderr
        asked = done.stderr
        (line,) = re.findall(r"^  spec: \{cluster: \{(controlPlaneCidr: \S+)\}\}$", asked, re.M)
        assert line == "controlPlaneCidr: 172.16.5.2/32"
        text = spec.read_text()
        text = text.replace("  cluster:\n", f"  cluster:\n    {line}\n", 1)
        text = re.sub(r"    - rule: spec-control-plane-cidr\n.*\n", "", text)
        spec.write_text(text)
        shell.done("stackgen build", stack)
        shell.done("git add .; git commit -qm 'Set the address'", stack)
        shell.done("stackgen bootstrap --env prod", stack)
        _serves(shell, bootstrap)
        assert _steps(bootstrap) == steps
        for again in steps[: number + 1]:
            shell.done(again, bootstrap if "bash " in again else stack)
    assert asked, "the address was not asked for"
    pushed = shell.done(f"git --git-dir={server} ls-tree -r --name-only main", tmp_path)
    assert "out/prod/stackgen.lock" in pushed.splitlines()
    # Each command has the values of this stack, and none of another.
    for file in bootstrap.rglob("*"):
        if file.is_file():
            assert "my-project" not in file.read_text(), file
    assert os.listdir(bootstrap)
