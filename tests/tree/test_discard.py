"""Which files of a replaced folder go, which move to the new one, and which are set aside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackgen.manifest.yaml_out import HEADER
from stackgen.tree import lock
from stackgen.tree.discard import KEPT, discard, remove_folder
from stackgen.tree.stage import identity

OURS = f"{HEADER}\nkind: A\n".encode()
MINE = b"kind: Mine\n"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """The replaced folder and the one that replaces it; locks list `old.yaml` and `new.yaml`."""
    for folder, name in (("was", "old.yaml"), ("live", "new.yaml")):
        (tmp_path / folder).mkdir()
        listed = lock.lock_text({}, "r", {}, "0", {name: b""})
        (tmp_path / folder / lock.NAME).write_bytes(listed)
    return tmp_path / "was", tmp_path / "live"


@pytest.mark.parametrize(
    ("name", "content", "stays"),
    [
        ("old.yaml", OURS, False),
        ("old.yaml", MINE, False),  # listed in its lock: it was written by a build
        ("new.yaml", OURS, False),  # not listed there, but with our header: it may be written over
        ("new.yaml", MINE, True),
        ("other.yaml", OURS, True),  # a copy of the user's: no lock lists it
        ("other.yaml", MINE, True),
    ],
)
def test_whose_file_it_is(
    folders: tuple[Path, Path], name: str, content: bytes, stays: bool
) -> None:
    was, live = folders
    (was / name).write_bytes(content)
    assert discard(str(was), str(live), {}) == []
    assert not was.exists()
    assert (live / name).exists() is stays
    if stays:
        assert (live / name).read_bytes() == content


def test_a_place_that_is_taken_is_told_and_both_files_stay(folders: tuple[Path, Path]) -> None:
    was, live = folders
    (was / "mine").write_bytes(MINE)
    (live / "mine").write_bytes(b"other")
    told = f"{live.parent.name}/live/{KEPT}/0/mine"
    assert discard(str(was), str(live), {}) == [told]
    assert (live / "mine").read_bytes() == b"other"
    assert (live / KEPT / "0" / "mine").read_bytes() == MINE


@pytest.mark.parametrize("how", ["equal", "hard link", "equal link"])
def test_a_file_that_is_there_already_goes(folders: tuple[Path, Path], how: str) -> None:
    was, live = folders
    if how == "equal link":
        for folder in folders:
            (folder / "mine").symlink_to("target")
    else:
        (was / "mine").write_bytes(MINE)
        if how == "equal":
            (live / "mine").write_bytes(MINE)
        else:
            os.link(was / "mine", live / "mine")
    assert discard(str(was), str(live), {}) == []
    assert not was.exists() and not (live / KEPT).exists()


@pytest.mark.parametrize("same", [True, False])
def test_a_later_version_takes_the_place_of_the_one_that_was_found(
    folders: tuple[Path, Path], same: bool
) -> None:
    """A copy of the user's file is in the new folder, and was edited there."""
    was, live = folders
    (was / "mine").write_bytes(MINE)
    found = identity(str(was / "mine"))
    (live / "mine").write_bytes(b"edited")
    if not same:
        (was / "mine").write_bytes(b"edited in the old folder too")
    discard(str(was), str(live), {"mine": found})
    assert (live / "mine").read_bytes() == b"edited"
    assert (live / KEPT / "0" / "mine").exists() is not same


def test_a_link_and_a_file_of_one_name_are_not_the_same(folders: tuple[Path, Path]) -> None:
    was, live = folders
    (live / "mine").write_bytes(MINE)
    (was / "mine").symlink_to("new.yaml")
    (live / "new.yaml").write_bytes(MINE)
    discard(str(was), str(live), {})
    assert (live / KEPT / "0" / "mine").is_symlink()
    assert (live / "mine").read_bytes() == MINE


def test_a_file_in_the_place_of_a_link_is_set_aside(folders: tuple[Path, Path]) -> None:
    was, live = folders
    (was / "mine").write_bytes(MINE)
    (live / "mine").symlink_to("target")
    assert discard(str(was), str(live), {}) == [f"{live.parent.name}/live/{KEPT}/0/mine"]
    assert (live / KEPT / "0" / "mine").read_bytes() == MINE


def test_a_folder_goes_if_it_is_empty(tmp_path: Path) -> None:
    full, empty = tmp_path / "full", tmp_path / "empty"
    (full / "inner").mkdir(parents=True)
    empty.mkdir()
    for folder in (full, empty, tmp_path / "missing"):
        remove_folder(str(folder))
    assert full.is_dir() and not empty.exists()
    with pytest.raises(OSError, match="File name too long"):
        remove_folder(str(tmp_path / ("a" * 300)))
