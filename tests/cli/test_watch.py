"""`--watch`: what runs the command again."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from stackgen.cli import watch
from stackgen.errors import UsageError
from tests.program import stackgen


class EndedError(Exception):
    """The interrupt."""


def test_each_change_runs_it_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runs: list[int] = []
    states = [{"a": (1, 1)}, {"a": (1, 1)}, {"a": (2, 1)}, {"a": (2, 1)}, {"b": (1, 1)}]

    def look() -> watch.Stamps:
        if not states:
            raise EndedError
        return states.pop(0)

    with pytest.raises(EndedError):
        watch.again(lambda: runs.append(len(states)), look, lambda: None)
    # The second run begins with a new look, and sees no change before the file has another name.
    assert runs == [4, 1]
    assert capsys.readouterr().err.splitlines() == [
        "stackgen: watching 1 file; Ctrl-C ends this",
        "stackgen: changed: a",
        "stackgen: watching 1 file; Ctrl-C ends this",
        "stackgen: changed: a, b",
    ]


def test_files_that_are_named_or_here_are_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    overlay = "overlays/dev/stack.yaml"
    for name in ("stack.yaml", "out/prod/a.yaml", ".git/x", "big/x.yaml", overlay):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text("")
    (here / ".gitignore").write_text("big/\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.yaml").write_text("b")
    monkeypatch.chdir(here)
    found = watch.stamps(["lint", "../elsewhere", "--data=stack.yaml", "no-file"])
    assert sorted(str(Path(x).relative_to(tmp_path)) for x in found) == [
        "elsewhere/b.yaml", "here/.gitignore", "here/out/prod/a.yaml",
        "here/overlays/dev/stack.yaml", "here/stack.yaml",
    ]  # fmt: skip
    assert str(here / "out/prod/a.yaml") not in watch.stamps(["build", "-C", str(here)])
    before = watch.stamps(["build"])
    (here / "stack.yaml").write_text("more")
    assert watch.stamps(["build"]) != before


@pytest.mark.parametrize(
    "arguments",
    [
        ["--output", "json=b.json", "--cache", "kept"],
        ["--output=json=b.json", "--cache=kept"],
        ["--write-baseline", "b.json", "--cache", "kept"],
    ],
)
def test_what_the_command_writes_does_not_run_it_again(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kept").mkdir()
    for name in ("a.yaml", "b.json", "kept/entry"):
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    found = watch.stamps(["lint", ".", *arguments])
    assert [str(Path(x).relative_to(tmp_path)) for x in found] == ["a.yaml"]


def test_standard_input_is_not_watched(tmp_path: Path) -> None:
    run = stackgen("lint", "--watch", "-", cwd=tmp_path, given="")
    assert (run.code, run.out) == (2, "")
    assert run.err == (
        "stackgen: --watch runs again when files change; standard input cannot change\n"
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (["--output-format=json"], "", "--watch shows reports to people: use text or concise"),
        (["--output-format", "sarif"], "", "not sarif"),
        (["--select", "spec,no-such-rule"], "", "is no rule and no family"),
        (["--ignore=nothing-*"], "", 'no rule matches "nothing-*"'),
        ([], "fail-on: [", "../.stackgen.yaml:2:1: not valid YAML"),
    ],
)
def test_what_each_run_would_refuse_is_refused_at_once(
    arguments: list[str], settings: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / ".stackgen.yaml").write_text(settings)
    monkeypatch.chdir(tmp_path / "below")
    monkeypatch.setattr("sys.argv", ["stackgen", "lint", "--watch", *arguments, "."])
    monkeypatch.setattr(watch, "again", lambda *_: pytest.fail("watches"))
    command = watch.WATCH(click.Command("lint"))
    with pytest.raises(UsageError, match=re.escape(words)):
        command.params[0].process_value(click.Context(command), True)
