"""Replacing a folder: whole or not at all, and never a file of somebody else."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackgen.errors import UsageError
from stackgen.manifest.yaml_out import HEADER
from stackgen.tree import journal, lock, write
from stackgen.tree.compare import Changes, compare, left_over
from stackgen.tree.stage import Replacement
from stackgen.tree.write import alone, replace, settle
from tests.program import state

OURS = f"{HEADER}\nkind: A\n".encode()


def _files(**texts: str) -> dict[str, bytes]:
    """Files by name (`__` for `/`), each with our header, and their lock."""
    files = {
        f"{name.replace('__', '/')}.yaml": f"{HEADER}\n{text}\n".encode()
        for name, text in texts.items()
    }
    files[lock.NAME] = lock.lock_text({}, "r", {}, "0", files)
    return files


def _write(folder: Path, files: dict[str, bytes]) -> Changes:
    changes = compare(str(folder), files)
    replace([Replacement(str(folder), files, changes)])
    return changes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as an earlier build left it."""
    folder = tmp_path / "out" / "prod"
    _write(folder, _files(a="1", sub__b="2", sub__deep__c="3"))
    return folder


def _read(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


@pytest.mark.parametrize("can", [True, False])
def test_many_files_are_made_to_last_together_where_the_system_can(
    folder: Path, monkeypatch: pytest.MonkeyPatch, can: bool
) -> None:
    done: list[str] = []
    fsync = os.fsync

    def counted(handle: int) -> None:
        done.append("file")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", counted)
    sync = (lambda path: done.append(os.path.basename(path))) if can else None
    monkeypatch.setattr(write, "file_system_sync", lambda: sync)
    files = _files(**{f"f{number}": str(number) for number in range(write.MANY + 1)})
    _write(folder, files)
    assert _read(folder) == files
    assert done.count(journal.WORK) == can
    assert (done.count("file") > write.MANY) is not can


def test_what_cannot_be_made_to_last_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sync(path: str) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    before = _read(folder)
    monkeypatch.setattr(write, "file_system_sync", lambda: sync)
    monkeypatch.setattr(write, "MANY", 0)
    with pytest.raises(UsageError, match="cannot be written: input/output error"):
        _write(folder, _files(a="2"))
    assert _read(folder) == before
    assert _beside(folder) == ["prod"]


def _beside(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.parent.iterdir())


# -- what changes --------------------------------------------------------------------------------


def test_the_first_build_writes_everything(folder: Path) -> None:
    assert _read(folder) == _files(a="1", sub__b="2", sub__deep__c="3")
    assert _beside(folder) == ["prod"]


def test_nothing_to_do_touches_nothing(folder: Path) -> None:
    before = state(folder.parent)
    assert not _write(folder, _files(a="1", sub__b="2", sub__deep__c="3"))
    assert state(folder.parent) == before


def test_added_changed_and_removed_files(folder: Path) -> None:
    wanted = _files(a="1", sub__b="new", other__d="4")
    assert _write(folder, wanted) == Changes(
        ("other/d.yaml",), ("stackgen.lock", "sub/b.yaml"), ("sub/deep/c.yaml",)
    )
    assert _read(folder) == wanted
    assert not (folder / "sub" / "deep").exists()


def test_files_that_stay_the_same_keep_their_dates(folder: Path) -> None:
    before = (folder / "a.yaml").stat()
    _write(folder, _files(a="1", sub__b="new"))
    after = (folder / "a.yaml").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_an_edited_file_of_ours_is_ours_still(folder: Path) -> None:
    (folder / "a.yaml").write_text("edited: by hand\n")
    assert _write(folder, _files(a="1", sub__b="2", sub__deep__c="3")).changed == ("a.yaml",)
    assert (folder / "a.yaml").read_bytes() == f"{HEADER}\n1\n".encode()


def test_a_deleted_file_of_ours_comes_back(folder: Path) -> None:
    (folder / "a.yaml").unlink()
    assert _write(folder, _files(a="1", sub__b="2", sub__deep__c="3")).added == ("a.yaml",)


def test_a_lock_with_a_merge_conflict_lists_what_both_sides_list(folder: Path) -> None:
    content = (folder / lock.NAME).read_text()
    (folder / lock.NAME).write_text(f"<<<<<<< ours\n{content}=======\n{{}}\n>>>>>>> theirs\n")
    (folder / "mine.yaml").write_text("kind: Mine\n")
    (folder / "copy.yaml").write_bytes((folder / "a.yaml").read_bytes())
    changes = _write(folder, _files(a="1"))
    assert changes.removed == ("sub/b.yaml", "sub/deep/c.yaml")
    assert set(_read(folder)) == {"a.yaml", lock.NAME, "mine.yaml", "copy.yaml"}


def test_a_lock_that_lists_nothing_readable_removes_nothing(folder: Path) -> None:
    (folder / lock.NAME).write_text("<<<<<<< ours\n{}\n=======\n")
    changes = _write(folder, _files(a="1"))
    assert changes == Changes((), (lock.NAME,), ())
    assert "sub/b.yaml" in _read(folder)


def test_without_a_lock_our_files_are_known_by_their_header(folder: Path) -> None:
    (folder / lock.NAME).unlink()
    assert _write(folder, _files(a="new")).changed == ("a.yaml",)
    # What the lost lock said of the others is not guessed.
    assert "sub/b.yaml" in _read(folder)


# -- files of others -----------------------------------------------------------------------------


def test_files_of_others_survive_as_they_are(folder: Path) -> None:
    outside = folder.parents[1] / "elsewhere"
    outside.mkdir()
    (outside / "x").write_text("x")
    (folder / "notes.md").write_text("mine")
    (folder / "notes.md").chmod(0o640)
    (folder / "sub" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "sub" / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("notes.md")
    (folder / "dead").symlink_to("nowhere")
    (folder / "linked").symlink_to("../../elsewhere")
    (folder / "empty" / "inner").mkdir(parents=True)
    (folder / "team").mkdir(mode=0o750)
    (folder / "team" / "kustomization.yaml").write_text("resources: [..]\n")
    os.mkfifo(folder / "pipe")
    for path in ("notes.md", "sub/run.sh", "team/kustomization.yaml", "team"):
        os.utime(folder / path, (1_000_000_000, 1_000_000_000))
    names = [
        "notes.md", "sub/run.sh", "link", "dead", "linked", "empty", "empty/inner", "team",
        "team/kustomization.yaml", "pipe",
    ]  # fmt: skip
    before = state(folder)
    assert _write(folder, _files(a="new")).removed == ("sub/b.yaml", "sub/deep/c.yaml")
    after = state(folder)
    assert {n: after[n] for n in names} == {n: before[n] for n in names}
    assert (outside / "x").read_text() == "x"
    assert _beside(folder) == ["prod"]


def test_modes_of_folders_are_kept(folder: Path) -> None:
    folder.chmod(0o750)
    (folder / "sub").chmod(0o700)
    _write(folder, _files(a="new", sub__b="2"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert stat.S_IMODE((folder / "sub").stat().st_mode) == 0o700


def test_without_hard_links_files_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    (folder / "mine.md").write_text("mine")
    (folder / "link").symlink_to("mine.md")
    before = state(folder)
    _write(folder, _files(a="new"))
    after = state(folder)
    assert {n: after[n] for n in ("mine.md", "link")} == {n: before[n] for n in ("mine.md", "link")}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda f: (f / "new.yaml").write_text("kind: Mine\n"),
            "out/prod/new.yaml: was not made by stackgen; move it away, or remove it",
        ),
        (
            lambda f: (f / "new.yaml").symlink_to("a.yaml"),
            "out/prod/new.yaml: is a link; stackgen would write here",
        ),
        (
            lambda f: (f / "new.yaml").symlink_to("nowhere"),
            "out/prod/new.yaml: is a link; stackgen would write here",
        ),
        (
            lambda f: (f / "new.yaml").mkdir(),
            "out/prod/new.yaml: is a folder; stackgen writes a file here",
        ),
        (
            lambda f: os.mkfifo(f / "new.yaml"),
            "out/prod/new.yaml: was not made by stackgen; move it away, or remove it",
        ),
        (
            lambda f: (f / "fresh").write_text("mine"),
            "out/prod/fresh: is not a folder; stackgen writes files below it",
        ),
        (
            lambda f: (f / "fresh").symlink_to("sub"),
            "out/prod/fresh: is not a folder; stackgen writes files below it",
        ),
    ],
)  # fmt: skip
def test_what_is_in_the_way_is_refused(
    folder: Path, make: Callable[[Path], object], message: str
) -> None:
    make(folder)
    before = state(folder.parent)
    with pytest.raises(UsageError) as error:
        compare(str(folder), _files(a="1", new="5", fresh__x="6"))
    assert str(error.value) == message
    assert state(folder.parent) == before


def test_an_equal_file_of_somebody_is_not_in_the_way(folder: Path) -> None:
    (folder / "new.yaml").write_bytes(_files(new="5")["new.yaml"])
    assert compare(str(folder), _files(a="1", new="5")).added == ()


@pytest.mark.parametrize("what", ["out", "prod"])
def test_links_to_other_folders_are_refused(tmp_path: Path, what: str) -> None:
    (tmp_path / "elsewhere" / "prod").mkdir(parents=True)
    if what == "out":
        (tmp_path / "out").symlink_to("elsewhere")
    else:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "prod").symlink_to("../elsewhere/prod")
    with pytest.raises(UsageError) as error:
        compare(str(tmp_path / "out" / "prod"), _files(a="1"))
    name = "out" if what == "out" else "out/prod"
    assert str(error.value) == f"{name}: is a link; stackgen would write here"
    assert list((tmp_path / "elsewhere" / "prod").iterdir()) == []


@pytest.mark.parametrize("what", ["out", "out/prod"])
def test_files_where_folders_are_needed_are_refused(tmp_path: Path, what: str) -> None:
    (tmp_path / what).parent.mkdir(exist_ok=True)
    (tmp_path / what).write_text("mine")
    with pytest.raises(UsageError) as error:
        compare(str(tmp_path / "out" / "prod"), _files(a="1"))
    assert str(error.value) == f"{what}: is not a folder"


# -- what goes wrong -----------------------------------------------------------------------------


CALLS = ("mkdir", "rename", "link", "write", "fsync", "unlink", "rmdir")


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("two_steps", [False, True])
def test_whichever_call_fails_the_folder_is_old_or_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, two_steps: bool
) -> None:
    """The first call fails, then the second, and so on until none does."""
    (folder / "mine.md").write_text("mine")
    wanted = _files(a="new", sub__b="2", x="9")
    old, new = _read(folder), {**wanted, "mine.md": b"mine"}
    real = getattr(os, name)
    for call in range(1, 200):
        calls = 0

        def fail(*args: Any, at: int = call, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at:
                raise OSError(28, "No space left on device")
            return real(*args, **kwargs)

        _write(folder, {n: c for n, c in old.items() if n != "mine.md"})
        replacement = Replacement(str(folder), wanted, compare(str(folder), wanted))
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            if two_steps:
                patch.setattr(journal, "exchange_names", lambda *_: False)
            try:
                replace([replacement])
                message = ""
            except UsageError as error:
                message = str(error)
        settle(str(folder.parent))
        assert _beside(folder) == ["prod"]
        assert _read(folder) == (old if "cannot be written" in message else new)
        if calls < call:
            break
    assert calls < call


def test_when_one_folder_cannot_be_prepared_none_is_exchanged(folder: Path) -> None:
    other = folder.parent / "dev"
    changes = compare(str(other), _files(a="1"))
    good = Replacement(str(folder), _files(a="new"), compare(str(folder), _files(a="new")))
    bad = Replacement(str(other), {}, changes)  # a file is named that has no content
    before = state(folder)
    with pytest.raises(KeyError):
        replace([good, bad])
    assert state(folder) == before
    assert _beside(folder) == ["prod"]


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not bind root")
def test_folders_that_cannot_be_read_or_written_are_told(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0)
    with pytest.raises(UsageError, match=r"out/prod: .*closed: permission denied"):
        compare(str(folder), _files(a="1"))
    (folder / "closed").chmod(0o700)
    folder.parent.chmod(0o500)
    with pytest.raises(UsageError, match=r"^out/prod: cannot be written: permission denied$"):
        _write(folder, _files(a="new"))
    folder.parent.chmod(0o700)


def test_two_builds_wait_for_each_other(tmp_path: Path) -> None:
    out = tmp_path / "out"
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait(5)
        with alone(str(out)):
            order.append("second")

    thread = threading.Thread(target=second)
    with alone(str(out)):
        thread.start()
        inside.set()
        thread.join(0.2)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


# -- files that come up while the folders are exchanged ------------------------------------------


def _race(
    monkeypatch: pytest.MonkeyPatch, folder: Path, act: Callable[[], object], two_steps: bool
) -> list[str]:
    """What replace() returns when `act` runs after everything is prepared."""
    begin = journal.begin

    def begun(*args: Any) -> None:
        act()
        begin(*args)

    monkeypatch.setattr(journal, "begin", begun)
    if two_steps:
        monkeypatch.setattr(journal, "exchange_names", lambda *_: False)
    files = _files(a="new", fresh="7")
    return replace([Replacement(str(folder), files, compare(str(folder), files))])


@pytest.mark.parametrize("two_steps", [False, True])
def test_a_file_that_is_written_meanwhile_survives(
    folder: Path, monkeypatch: pytest.MonkeyPatch, two_steps: bool
) -> None:
    (folder / "notes.md").write_text("first")

    def write() -> None:
        (folder / "sub" / "late.md").write_text("late")
        (folder / "new").mkdir()
        (folder / "new" / "late.md").write_text("late")
        (folder / "fresh.yaml").write_text("kind: Mine\n")

    kept = _race(monkeypatch, folder, write, two_steps)
    assert kept == ["out/prod/stackgen-kept/0/fresh.yaml"]
    assert _read(folder) == {
        **_files(a="new", fresh="7"),
        "notes.md": b"first", "sub/late.md": b"late", "new/late.md": b"late",
        "stackgen-kept/0/fresh.yaml": b"kind: Mine\n",
    }  # fmt: skip
    assert _beside(folder) == ["prod"]


def test_a_link_is_not_followed_when_a_file_moves_back(tmp_path: Path) -> None:
    """A work folder may come from a repository."""
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    (out / "prod").mkdir(parents=True)
    (out / "prod" / "sub").symlink_to(outside)
    place = out / ".stackgen" / "old" / "prod" / "sub"
    place.mkdir(parents=True)
    (place / "x").write_text("x")
    settle(str(out))
    assert list(outside.iterdir()) == []
    assert (out / "prod" / "stackgen-kept" / "0" / "sub" / "x").read_text() == "x"


@pytest.mark.parametrize("name", ["../outside", "a/b", "..", ".stackgen", ""])
def test_a_journal_with_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    work = tmp_path / "out" / ".stackgen"
    work.mkdir(parents=True)
    content = {"version": 1, "environments": {name: {"there": False, "kept": {}}}}
    (work / "journal").write_text(json.dumps(content))
    before = state(tmp_path)
    with pytest.raises(UsageError, match=r"^out/\.stackgen/journal: is not what stackgen writes"):
        settle(str(tmp_path / "out"))
    assert state(tmp_path) == before


@pytest.mark.parametrize("what", ["", "staged", "old", "discarded"])
def test_a_work_folder_that_is_a_link_is_refused(tmp_path: Path, what: str) -> None:
    outside = tmp_path / "outside" / "prod"
    outside.mkdir(parents=True)
    (outside / lock.NAME).write_bytes(lock.lock_text({}, "r", {}, "0", {"x": b""}))
    (outside / "x").write_text("x")
    link = tmp_path / "out" / ".stackgen" / what
    (tmp_path / "out").mkdir()
    if what:
        link.parent.mkdir()
    else:
        link = link.parent / ".stackgen"
    link.symlink_to(outside.parent)
    before = state(tmp_path)
    with pytest.raises(UsageError, match="is not a folder"):
        settle(str(tmp_path / "out"))
    assert state(tmp_path) == before


def test_signals_wait_for_the_exchange(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        _race(monkeypatch, folder, lambda: os.kill(os.getpid(), signal.SIGINT), False)
    assert _read(folder) == _files(a="new", fresh="7")
    assert _beside(folder) == ["prod"]


# -- environments that are no more ---------------------------------------------------------------


def test_folders_of_former_environments(folder: Path) -> None:
    _write(folder.parent / "gone", _files(a="1"))
    (folder.parent / "notes").mkdir()
    (folder.parent / "linked").symlink_to("gone")
    assert left_over(str(folder.parent), ["prod"]) == ["gone"]
    assert left_over(str(folder.parent / "nowhere"), []) == []


def test_a_former_environment_goes_but_for_files_of_others(folder: Path) -> None:
    assert _write(folder, {}).removed == (
        "a.yaml", "stackgen.lock", "sub/b.yaml", "sub/deep/c.yaml"
    )  # fmt: skip
    assert not folder.exists()
    _write(folder, _files(a="1"))
    (folder / "mine.md").write_text("mine")
    _write(folder, {})
    assert list(_read(folder)) == ["mine.md"]
