"""What commands write beside out/: all or nothing, and never over what others made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import yaml

from stackgen.errors import UsageError
from stackgen.tree import journal
from tests.program import stackgen, state
from tests.schema.given import definition
from tests.stacks import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a stack and definitions of two groups."""
    folder = tmp_path / "root"
    folder.mkdir()
    shutil.copy(ROOT / "stack.yaml", folder)
    shutil.copytree(ROOT / "overlays", folder / "overlays")
    spec = {"type": "object", "properties": {"a": {"type": "string"}}}
    one, other = definition(spec), definition(spec)
    other["spec"]["group"] = "second.example.com"
    other["metadata"]["name"] = "widgets.second.example.com"
    (folder / "crds.yaml").write_text(yaml.safe_dump_all([one, other]))
    return folder


# Each command with the folder it writes to and one of the files there.
COMMANDS = {
    "bootstrap": (["bootstrap", "--env", "prod"], "bootstrap/prod", "README.md"),
    "export": (["policies", "export", "--format", "vap", "--out", "p/q"], "p/q", ""),
    "import": (["schemas", "import", "crds.yaml"], "schemas/example.com", "widget_v1.json"),
}
every = pytest.mark.parametrize("name", COMMANDS)


def _run(name: str, root: Path) -> tuple[int, str]:
    run = stackgen(*COMMANDS[name][0], cwd=root)
    return run.code, run.err


def _contents(folder: Path) -> dict[str, bytes | None]:
    return {name: entry[2] for name, entry in state(folder).items()}


@every
def test_a_second_run_changes_nothing(name: str, root: Path) -> None:
    assert _run(name, root)[0] == 0
    before = _contents(root)
    assert len(list((root / COMMANDS[name][1]).rglob("*"))) >= 1
    assert _run(name, root)[0] == 0
    assert _contents(root) == before
    assert not list(root.rglob(journal.WORK))


def test_a_schema_is_replaced_and_the_others_of_its_group_stay(root: Path) -> None:
    assert _run("import", root)[0] == 0
    file = root / "schemas" / "example.com" / "widget_v1.json"
    new = file.read_text()
    (file.parent / "other_v1.json").write_text(new)
    file.write_text(new.replace('"string"', '"integer"'))
    assert _run("import", root)[0] == 0
    assert file.read_text() == (file.parent / "other_v1.json").read_text() == new
    assert sorted(p.name for p in file.parent.iterdir()) == ["other_v1.json", "widget_v1.json"]


@pytest.mark.parametrize("name", ["bootstrap", "import"])
def test_the_next_command_undoes_what_was_cut_off(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stackgen.cli.main import cli

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(root)
    before = _contents(root)
    with monkeypatch.context() as patched:
        patched.setattr(journal, "commit", killed)
        with pytest.raises(click.Abort):
            cli.main(COMMANDS[name][0], standalone_mode=False)
    assert list(root.rglob(journal.WORK))
    assert stackgen("schemas", "list", cwd=root).code == 0
    top = COMMANDS[name][1].partition("/")[0]
    after = {n: c for n, c in _contents(root).items() if n != top}
    assert after == before


@every
def test_files_of_others_stay(name: str, root: Path) -> None:
    folder = root / COMMANDS[name][1]
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    assert _run(name, root)[0] == 0
    assert (folder / "mine.txt").read_text() == "mine"


@every
def test_a_file_of_another_in_the_way_is_refused_and_nothing_is_written(
    name: str, root: Path
) -> None:
    _, folder, file = COMMANDS[name]
    assert _run(name, root)[0] == 0
    file = file or next(p.name for p in sorted((root / folder).glob("*.yaml")))
    shutil.rmtree(root / folder.partition("/")[0])
    (root / folder).mkdir(parents=True)
    (root / folder / file).write_text("mine")
    before = _contents(root)
    code, err = _run(name, root)
    assert (code, err.count("\n")) == (2, 1)
    assert "was not made by stackgen; move it away, or remove it" in err
    assert _contents(root) == before


@every
@pytest.mark.parametrize("at", ["top", "folder", "file"])
def test_a_link_in_the_way_is_refused(name: str, at: str, root: Path) -> None:
    _, folder, file = COMMANDS[name]
    elsewhere = root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").write_text("mine")
    if at == "top" and name == "export":
        pytest.skip("--out is given by the user, links above it included")
    place = root / (folder.partition("/")[0] if at == "top" else folder)
    if at == "file":
        place.mkdir(parents=True)
        place /= file or "kustomization.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(elsewhere / "mine" if at == "file" else elsewhere)
    before = _contents(root.parent)
    code, err = _run(name, root)
    assert (code, err.count("\n")) == (2, 1)
    assert "is a link; stackgen would write here" in err
    assert _contents(root.parent) == before


@every
@pytest.mark.parametrize("step", ["exchange", "commit"])
def test_a_failure_at_the_end_changes_nothing(
    name: str, step: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of several folders cannot be exchanged: the first ones are put back."""
    from stackgen.cli.main import cli

    done: list[Callable[..., None]] = []
    real = getattr(journal, step)

    def fails(*given: object) -> None:
        done.append(real)
        if len(done) == (2 if (name, step) == ("import", "exchange") else 1):
            raise OSError(28, "No space left on device")
        real(*given)

    monkeypatch.chdir(root)
    monkeypatch.setattr(journal, step, fails)
    before = _contents(root)
    with pytest.raises(UsageError, match="cannot be written: no space left on device"):
        cli.main(COMMANDS[name][0], standalone_mode=False)
    assert _contents(root) == before


@pytest.mark.parametrize(
    "arguments",
    [
        [b"init", b"\xff/\xfe"],
        [b"bootstrap", b"--env", b"prod", b"--out", b"\xff\x1b[31m"],
        [b"bootstrap", b"--env", b"\xff"],
        [b"policies", b"export", b"--format", b"vap", b"--out", b"a\xff\n"],
        [b"schemas", b"import", b"crds.yaml", b"--to", b"\xff"],
        [b"schemas", b"import", b"\xff"],
        [b"lint", b"\xff"],
        [b"trace", b"\xff:1"],
        [b"impact", b"spec.\xff"],
        [b"plan", b"--what-if", b"\xff=\xfe"],
        [b"diff", b"--against", b"\xff"],
        [b"explain", b"\xff"],
        [b"\xff"],
    ],
)
def test_arguments_that_are_no_text(arguments: list[bytes], root: Path) -> None:
    environment = {
        **os.environb, b"LC_ALL": b"\xff", b"COLUMNS": b"\xff", b"NO_COLOR": b"\xff",
        b"FORCE_COLOR": b"\xff", b"STACKGEN_DEBUG": b"\xff", b"GIT_DIR": b"\xff",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "stackgen", *arguments],
        cwd=root, capture_output=True, check=False, timeout=120, env=environment,
    )  # fmt: skip
    assert done.returncode in (0, 2), done.stderr
    assert b"Traceback" not in done.stderr
    for out in (done.stdout, done.stderr):
        out.decode("utf-8")
        assert b"\x1b[31m" not in out
