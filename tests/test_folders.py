"""Folders for what is written: made and removed again, never through a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackgen import folders
from stackgen.errors import UsageError


def test_a_folder_that_is_missing_is_not_called_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folders.check_folder(str(tmp_path))
    with pytest.raises(UsageError, match="file: is not a folder"):
        folders.check_folder(str(tmp_path / "file"))
    with pytest.raises(UsageError, match="gone: no such folder"):
        folders.check_folder(str(tmp_path / "gone"), "gone")


def test_what_was_missing_is_made_and_can_be_removed(tmp_path: Path) -> None:
    made = folders.make(str(tmp_path / "a" / "b" / "c"))
    assert [os.path.relpath(path, tmp_path) for path in made] == ["a", "a/b", "a/b/c"]
    assert folders.make(str(tmp_path / "a" / "b")) == []
    folders.remove(made)
    assert list(tmp_path.iterdir()) == []


def test_what_is_needed_stays(tmp_path: Path) -> None:
    made = folders.make(str(tmp_path / "a" / "b"))
    (tmp_path / "a" / "file").write_text("mine")
    folders.remove(made)
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "file"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="File name too long"):
        folders.make(str(tmp_path / "a" / ("x" * 300) / "c"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["link", "a/link", "link/b", "a/./link/c"])
def test_a_link_on_the_way_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "a").mkdir()
    for link in (tmp_path / "link", tmp_path / "a" / "link"):
        link.symlink_to("/")
    with pytest.raises(UsageError, match="link: is a link; stackgen would write here"):
        folders.check_way(str(tmp_path), path)


def test_a_file_on_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    folders.check_way(str(tmp_path), "b/c")
    with pytest.raises(UsageError, match="a: is not a folder"):
        folders.check_way(str(tmp_path), "a/b")
