"""Calls to the system: exchanges of names, what lasts, and mount points."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stackgen.tree import system


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "is").write_text(name)
    return tmp_path / "a", tmp_path / "b"


def test_names_are_exchanged(folders: tuple[Path, Path]) -> None:
    one, other = folders
    if not system.exchange_names(str(one), str(other)):
        pytest.skip("this file system cannot exchange names")
    assert ((one / "is").read_text(), (other / "is").read_text()) == ("b", "a")


def test_an_exchange_that_no_file_system_can_do_is_no_error(folders: tuple[Path, Path]) -> None:
    """EINVAL, here because one folder is in the other, is also what a file system answers."""
    one, _ = folders
    (one / "in").mkdir()
    assert system.exchange_names(str(one), str(one / "in")) is False
    assert (one / "is").read_text() == "a"


def test_an_exchange_that_fails_says_why(folders: tuple[Path, Path]) -> None:
    one, other = folders
    with pytest.raises(FileNotFoundError) as error:
        system.exchange_names(str(one), str(other / "missing"))
    assert (error.value.filename, error.value.filename2) == (str(one), str(other / "missing"))


@pytest.mark.parametrize(("code", "fails"), [("EINVAL", False), ("ENOTSUP", False), ("EIO", True)])
def test_a_file_system_may_not_know_how_to_sync_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, fails: bool
) -> None:
    number = getattr(errno, code)

    def fsync(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    if not fails:
        system.sync_folder(str(tmp_path))
        return
    with pytest.raises(OSError, match=os.strerror(number)):
        system.sync_folder(str(tmp_path))


def test_a_new_file_takes_nothing_of_the_place_of_another(tmp_path: Path) -> None:
    system.write_file(str(tmp_path / "new"), b"x" * 100_000)
    assert (tmp_path / "new").read_bytes() == b"x" * 100_000
    with pytest.raises(FileExistsError):
        system.write_file(str(tmp_path / "new"), b"y")
    (tmp_path / "link").symlink_to(tmp_path / "other")
    with pytest.raises(FileExistsError):
        system.write_file(str(tmp_path / "link"), b"y")
    assert not (tmp_path / "other").exists()


LINE = "36 35 98:0 / {} rw,noatime master:1 - ext3 /dev/root rw\n"


def test_mount_points_are_those_at_the_folder_and_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    there = str(folder).replace(" ", "\\040")
    places = [there, f"{there}/in\\134side", f"{there}-beside", str(tmp_path), "/"]
    table = tmp_path / "mountinfo"
    table.write_text("".join(LINE.format(place) for place in places))
    monkeypatch.setattr(system, "MOUNTS", str(table))
    monkeypatch.setattr(system.sys, "platform", "linux")
    assert system.mount_points(str(folder)) == [str(folder), f"{folder}/in\\side"]
    (tmp_path / "link").symlink_to(folder)
    assert system.mount_points(str(tmp_path / "link")) == [str(folder), f"{folder}/in\\side"]


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_without_a_table_the_folder_itself_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(system, "MOUNTS", str(tmp_path / "missing"))
    monkeypatch.setattr(system.sys, "platform", platform)
    assert system.mount_points(str(tmp_path)) == []
    assert system.mount_points("/") == ["/"]


def test_what_has_a_name_is_there(folders: tuple[Path, Path]) -> None:
    one, _ = folders
    (one / "link").symlink_to(one / "nothing")
    (one / "to-folder").symlink_to(one)
    names = ("", "is", "link", "to-folder", "missing", "is/below")
    assert [n for n in names if system.is_there(str(one / n))] == ["", "is", "link", "to-folder"]
    assert [n for n in names if system.is_folder(str(one / n))] == [""]


@pytest.mark.parametrize("ask", [system.is_there, system.is_folder])
def test_what_cannot_be_told_is_not_taken_for_missing(
    ask: Callable[[str], bool], folders: tuple[Path, Path]
) -> None:
    with pytest.raises(OSError, match="too long"):
        ask(str(folders[0] / ("a" * 300)))


def test_a_file_system_is_synced_as_a_whole_where_the_system_can(tmp_path: Path) -> None:
    sync = system.file_system_sync()
    assert (sync is not None) == sys.platform.startswith("linux")
    if sync is not None:
        system.write_file(str(tmp_path / "new"), b"x", lasting=False)
        sync(str(tmp_path))
        with pytest.raises(FileNotFoundError):
            sync(str(tmp_path / "missing"))
