"""The crash benchmark finds nothing, and would find something."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from benchmarks.crash import __main__ as crash
from benchmarks.crash.writers import WRITERS, Writer, judge

from stackgen.tree import journal


def test_kills_and_faults_leave_folders_old_or_new(capsys: pytest.CaptureFixture[str]) -> None:
    assert crash.main(["--kills", "24", "--random", "6", "--commands", "0"]) == 0
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last[-6:] == ["30", "0", "0", "0", "0", "0"]


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_each_call_of_each_command_has_its_trials(writer: Writer, tmp_path: Path) -> None:
    made = crash.plans(crash.prepare(writer, str(tmp_path)))
    for two_steps, reads in itertools.product((False, True), repeat=2):
        places = {p.at for p in made if (p.two_steps, p.reads) == (two_steps, reads)}
        assert places == set(range(1, len(places) + 1))
        assert len(places) > 50


def test_an_exchange_that_is_not_undone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "undo", lambda out, entries: journal.commit(out))
    prepared = crash.prepare(WRITERS[0], str(tmp_path))
    kills = [p for p in crash.plans(prepared) if not p.fault and p.after and not p.checkout]
    assert any(crash.trial(prepared, plan) for plan in kills[::2])


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_what_is_wrong_is_told(writer: Writer, tmp_path: Path) -> None:
    path = writer.prepared(str(tmp_path))
    old, new = writer.states()
    assert judge(path, (old, new), writer.foreign) == []
    assert judge(path, (new,), writer.foreign) != []
    Path(path, next(iter(writer.foreign))).unlink()
    assert judge(path, (old, new), writer.foreign) == ["foreign lost"]
    Path(path, ".stackgen").mkdir()
    file = Path(path, sorted(set(old) - set(writer.foreign))[0])
    file.write_text("other")
    assert judge(path, (old,), writer.foreign) == ["litter", "mixed", "foreign lost"]
    file.unlink()
    assert judge(path, (old,), writer.foreign) == ["litter", "missing", "foreign lost"]


def test_counts_are_told_on_the_way_and_when_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes: list[list[str]] = [[], ["mixed"]]

    def next_outcome(*_: object) -> list[str]:
        if not outcomes:
            raise KeyboardInterrupt
        return outcomes.pop(0)

    monkeypatch.setattr(crash, "trial", next_outcome)
    monkeypatch.setattr(crash, "EVERY", 0)
    assert crash.main(["--commands", "0"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "1 trials, 0 mixed, 0 missing, 0 litter, 0 foreign lost, 0 fault"
    assert said[1].endswith(": mixed")
    assert said[2] == "2 trials, 1 mixed, 0 missing, 0 litter, 0 foreign lost, 0 fault"
    assert said[-1].split() == ["in", "all", "2", "1", "0", "0", "0", "0"]
