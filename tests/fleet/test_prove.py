"""Several processes prove what one proves, and an error of one is an error of the build."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import pytest

from stackgen.cache import question, seen, verdicts
from stackgen.cache.verdicts import Verdicts
from stackgen.errors import UsageError
from stackgen.findings.pipeline import Options
from stackgen.findings.rules import all_rules
from stackgen.findings.select import Selection
from stackgen.fleet import processes
from stackgen.fleet.prove import prove
from stackgen.fleet.proven import Task
from tests.stacks import ROOT

NAMES = ("a", "b", "c")


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """Three environments: one with an error in the spec, one with an error in an object."""
    text = (ROOT / "stack.yaml").read_text(encoding="utf-8")
    (tmp_path / "stack.yaml").write_text(text, encoding="utf-8")
    for env, inner in zip(
        NAMES,
        ("cluster: {project: project-1}", "cluster: {regio: x}", "cluster: {project: project-2}"),
        strict=True,
    ):
        overlay = tmp_path / "overlays" / env / "stack.yaml"
        overlay.parent.mkdir(parents=True)
        overlay.write_text(f"spec: {{{inner}}}\n")
    options = Options(Selection(all_rules(), ("spec", "schema", "policy")))
    return Task(str(tmp_path), NAMES, options, date(2026, 11, 29), True, True)


def test_processes_prove_the_same(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, looked = Verdicts(), set()
    monkeypatch.setattr(verdicts, "of_run", lambda: kept)
    monkeypatch.setattr(verdicts, "place", lambda: (f"{task.root}/cache", "program"))
    monkeypatch.setattr(seen, "is_noting", lambda: question._own_folders("/none"))
    monkeypatch.setattr(seen, "add", lambda looks: looked.update(path for _, path in looks))
    several = prove(task, 2)
    # What a process reads and finds is of this run.
    assert {f"{task.root}/overlays/{env}/stack.yaml" for env in NAMES} <= looked
    assert len([x for shelf in kept.new().values() for x in shelf]) > 100
    assert [(x.env, x.rendered) for x in several] == [("a", True), ("b", False), ("c", True)]
    # Equal files are kept once.
    assert several[0].files.keys() == several[2].files.keys()
    same = [n for n, x in several[0].files.items() if several[2].files[n] == x]
    assert len(same) > 50 and all(several[0].files[n] is several[2].files[n] for n in same)
    assert prove(task, 1) == several


def test_what_a_process_raises_is_raised() -> None:
    full = OSError(28, "No space left on device", "x")
    with pytest.raises(OSError, match="No space left on device") as found:
        [*processes._results([("raised", pickle.loads(pickle.dumps(full)))])]
    assert (found.value.errno, found.value.filename) == (28, "x")
    with pytest.raises(RuntimeError, match="it said nothing"):
        [*processes._results([])]


def test_the_error_of_a_process_is_an_error_of_the_build(task: Task) -> None:
    Path(task.root, "overlays/c/stack.yaml").write_bytes(b"\xff")
    with pytest.raises(UsageError) as one:
        prove(task, 1)
    with pytest.raises(UsageError) as several:
        prove(task, 2)
    assert str(one.value) == str(several.value)
    assert "overlays/c/stack.yaml" in str(one.value)
