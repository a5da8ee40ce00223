"""What is left of an exchange that was cut off, at each of its steps, is completed or undone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackgen.errors import UsageError
from stackgen.manifest.yaml_out import HEADER
from stackgen.tree import journal, lock
from stackgen.tree.stage import MARK
from stackgen.tree.write import settle
from tests.program import state


def _folder(place: Path, text: str, *, mark: bool = False) -> None:
    """A folder of ours with one file of ours; with the mark, one that was prepared."""
    files = {"a.yaml": f"{HEADER}\n{text}\n".encode()}
    files[lock.NAME] = lock.lock_text({}, "r", {}, "0", files)
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_bytes(content)
    if mark:
        (place / MARK).write_bytes(b"")


def _journal(
    out: Path, *, there: bool, name: str = "journal", version: int = 1, **names: list[str]
) -> None:
    entry = {"there": there, "kept": {}, **names}
    content = {"version": version, "environments": {"prod": entry}}
    (out / ".stackgen" / name).write_text(json.dumps(content))


def _said(out: Path) -> str | None:
    """What the environment holds after recovery, and that nothing else is left."""
    settle(str(out))
    assert not (out / ".stackgen").exists()
    place = out / "prod" / "a.yaml"
    if not place.exists():
        assert not (out / "prod").exists()
        return None
    assert not (out / "prod" / MARK).exists()
    return place.read_text().splitlines()[-1]


def test_before_the_journal_nothing_has_begun(tmp_path: Path) -> None:
    _folder(tmp_path / "prod", "old")
    _folder(tmp_path / ".stackgen" / "staged" / "prod", "new", mark=True)
    assert _said(tmp_path) == "old"


def test_a_prepared_folder_has_not_taken_its_place_yet(tmp_path: Path) -> None:
    _folder(tmp_path / "prod", "old")
    _folder(tmp_path / ".stackgen" / "staged" / "prod", "new", mark=True)
    _journal(tmp_path, there=True)
    assert _said(tmp_path) == "old"


def test_exchanged_names_are_exchanged_back(tmp_path: Path) -> None:
    _folder(tmp_path / "prod", "new", mark=True)
    _folder(tmp_path / ".stackgen" / "staged" / "prod", "old")
    _journal(tmp_path, there=True)
    assert _said(tmp_path) == "old"


def test_an_exchange_back_that_was_cut_off_is_completed(tmp_path: Path) -> None:
    _folder(tmp_path / ".stackgen" / "discarded" / "prod" / "0", "new", mark=True)
    _folder(tmp_path / ".stackgen" / "staged" / "prod", "old")
    _journal(tmp_path, there=True)
    assert _said(tmp_path) == "old"


@pytest.mark.parametrize("live", [False, True])
def test_a_folder_that_was_moved_away_comes_back(tmp_path: Path, live: bool) -> None:
    _folder(tmp_path / ".stackgen" / "old" / "prod", "old")
    if live:
        _folder(tmp_path / "prod", "new", mark=True)
    else:
        _folder(tmp_path / ".stackgen" / "staged" / "prod", "new", mark=True)
    _journal(tmp_path, there=True)
    assert _said(tmp_path) == "old"


def test_new_files_of_a_folder_without_a_lock_go_again(tmp_path: Path) -> None:
    """As `schemas import` writes them: the journal alone says whose they are."""
    for place, text in (
        (tmp_path / ".stackgen" / "old" / "prod", "old"),
        (tmp_path / "prod", "new"),
    ):
        _folder(place, text, mark=text == "new")
        (place / lock.NAME).unlink()
    (tmp_path / "prod" / "notes.md").write_text("mine")
    (tmp_path / "prod" / "b.yaml").write_text("new")
    _journal(tmp_path, there=True, former=["a.yaml"], made=["a.yaml", "b.yaml"])
    assert _said(tmp_path) == "old"
    assert sorted(p.name for p in (tmp_path / "prod").iterdir()) == ["a.yaml", "notes.md"]


@pytest.mark.parametrize("live", [False, True])
def test_an_environment_that_was_not_there_goes_again(tmp_path: Path, live: bool) -> None:
    place = tmp_path / "prod" if live else tmp_path / ".stackgen" / "staged" / "prod"
    _folder(place, "new", mark=True)
    (tmp_path / ".stackgen").mkdir(exist_ok=True)
    _journal(tmp_path, there=False)
    assert _said(tmp_path) is None


def test_a_folder_made_since_stays_where_an_environment_was_not_there(tmp_path: Path) -> None:
    """The prepared folder did not take the place, so what is there is of others."""
    _folder(tmp_path / ".stackgen" / "staged" / "prod", "new", mark=True)
    _journal(tmp_path, there=False)
    _folder(tmp_path / "prod", "mine")
    assert _said(tmp_path) == "mine"


def test_a_settled_exchange_is_completed(tmp_path: Path) -> None:
    _folder(tmp_path / "prod", "new", mark=True)
    _folder(tmp_path / ".stackgen" / "staged" / "prod", "old")
    _journal(tmp_path, there=True, name="settled")
    assert _said(tmp_path) == "new"


def test_a_former_folder_without_a_journal_loses_no_file_of_others(tmp_path: Path) -> None:
    _folder(tmp_path / "prod", "new")
    _folder(tmp_path / ".stackgen" / "staged" / "prod", "old")
    (tmp_path / ".stackgen" / "staged" / "prod" / "notes.md").write_text("mine")
    assert _said(tmp_path) == "new"
    assert (tmp_path / "prod" / "notes.md").read_text() == "mine"


@pytest.mark.parametrize("version", [0, 2])
def test_the_journal_of_another_version_is_left_alone(tmp_path: Path, version: int) -> None:
    out = tmp_path / "out"
    _folder(out / "prod", "old")
    (out / ".stackgen").mkdir()
    _journal(out, there=False, version=version)
    before = state(tmp_path)
    with pytest.raises(UsageError, match=r"^out/\.stackgen/journal: is not what stackgen writes"):
        settle(str(out))
    assert state(tmp_path) == before


def _exchanged(monkeypatch: pytest.MonkeyPatch, succeeds: bool) -> list[tuple[str, str]]:
    """The folders whose names are exchanged, by a system that can or cannot do so."""
    calls: list[tuple[str, str]] = []

    def exchange_names(one: str, other: str) -> bool:
        calls.append((one, other))
        return succeeds

    monkeypatch.setattr(journal, "exchange_names", exchange_names)
    return calls


def test_names_are_exchanged_by_one_call_where_the_system_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = _exchanged(monkeypatch, True)
    _folder(tmp_path / "prod", "old")
    staged = tmp_path / ".stackgen" / "staged" / "prod"
    _folder(staged, "new")
    journal.exchange(str(tmp_path), "prod", journal.Entry(True, {}))
    assert calls == [(str(staged), str(tmp_path / "prod"))]
    assert not (tmp_path / ".stackgen" / "old").exists() and staged.exists()
    _journal(tmp_path, there=True)
    journal.undo(str(tmp_path), {"prod": journal.Entry(True, {})})
    assert len(calls) == 2 and not (tmp_path / ".stackgen" / "discarded").exists()


def test_only_what_was_prepared_is_cleared(tmp_path: Path) -> None:
    staged = tmp_path / ".stackgen" / "staged"
    _folder(staged / "dev", "new", mark=True)
    _folder(staged / "prod", "old")
    journal.drop_staged(str(tmp_path))
    assert [folder.name for folder in staged.iterdir()] == ["prod"]
