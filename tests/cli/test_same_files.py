"""A command reads each file of the stack once: all its environments are of the same files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from stackgen.cli.main import cli
from stackgen.spec import load
from tests.sandbox import ROOT

# More than one environment, or one that is compiled more than once.
COMMANDS = (
    ("build", "--check", "--select", "spec"),
    ("plan",),
    ("plan", "--what-if", "spec.serving.models[0].replicas=2"),
    ("impact", "spec.serving.models[0].replicas"),
    ("net", "prove"),
    ("rollout",),
    ("diff", "--between", "dev", "prod"),
    ("diff", "--fail-on", "never"),
    ("trace", "--env", "prod", "Namespace/gcp-infra:metadata.name"),
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference stack, with its render committed."""
    folder = tmp_path_factory.mktemp("stack")
    shutil.copy(ROOT / "stack.yaml", folder)
    for name in ("overlays", "out"):
        shutil.copytree(ROOT / name, folder / name)
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-qm", "a")):
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_file_is_read_once(
    command: tuple[str, ...],
    stack: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    read: list[str] = []
    real = load.read_inside

    def noted(root: str, name: str) -> str:
        if Path(root) == stack:
            read.append(name)
        return real(root, name)

    monkeypatch.setattr(load, "read_inside", noted)
    cli.main([*command, "-C", str(stack)], standalone_mode=False)
    capsys.readouterr()
    assert "stack.yaml" in read
    assert sorted(read) == sorted(set(read))
