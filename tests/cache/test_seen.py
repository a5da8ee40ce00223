"""The state of what a run looked at: equal while nothing changed, other after any change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.cache import seen

if TYPE_CHECKING:
    from stackgen.cache.seen import How

FILES = ("a.yaml", "b/c.yaml", "b/link.yaml")
HOWS: tuple[How, ...] = ("file", "folder", "name")


def tree(root: Path) -> None:
    (root / "b").mkdir(parents=True)
    (root / "a.yaml").write_bytes(b"a: 1\n")
    (root / "b" / "c.yaml").write_bytes(b"c: 1\n")
    (root / "b" / "link.yaml").symlink_to("c.yaml")


def states(root: Path) -> dict[str, bytes]:
    paths = ("", "a.yaml", "b", "b/c.yaml", "b/link.yaml", "absent", "b/absent")
    return {f"{how} {path}": seen.state((how, f"{root}/{path}")) for how in HOWS for path in paths}


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_the_state_of_a_file_is_its_content(one: bytes, other: bytes) -> None:
    assert (seen._content(0o100644, one) == seen._content(0o100644, other)) == (one == other)
    assert seen._content(0o100644, one) != seen._content(0o100600, one)


CHANGES = {
    "a byte": lambda r: (r / "a.yaml").write_bytes(b"a: 2\n"),
    "a byte behind a link": lambda r: (r / "b/c.yaml").write_bytes(b"c: 2\n"),
    "a byte more": lambda r: (r / "a.yaml").write_bytes(b"a: 1\n\n"),
    "a permission": lambda r: (r / "a.yaml").chmod(0o600),
    "a file less": lambda r: (r / "a.yaml").unlink(),
    "a file more": lambda r: (r / "b/new.yaml").write_bytes(b""),
    "a hidden file more": lambda r: (r / ".new").write_bytes(b""),
    "a file where none was": lambda r: (r / "absent").write_bytes(b""),
    "a folder where none was": lambda r: (r / "absent").mkdir(),
    "another name": lambda r: (r / "a.yaml").rename(r / "z.yaml"),
    "a link in place of a file": lambda r: (
        (r / "a.yaml").rename(r / "z.yaml"), (r / "a.yaml").symlink_to("z.yaml")
    ),
    "a folder in place of a file": lambda r: ((r / "a.yaml").unlink(), (r / "a.yaml").mkdir()),
    "a link to another file": lambda r: (
        (r / "b/link.yaml").unlink(), (r / "b/link.yaml").symlink_to("../a.yaml")
    ),
    "a link that leads nowhere": lambda r: (r / "absent").symlink_to("nowhere"),
    "a pipe in place of a file": lambda r: ((r / "a.yaml").unlink(), os.mkfifo(r / "a.yaml")),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_another_state(change: str, tmp_path: Path) -> None:
    tree(tmp_path / "r")
    before = states(tmp_path / "r")
    assert states(tmp_path / "r") == before
    CHANGES[change](tmp_path / "r")
    assert states(tmp_path / "r") != before


def test_a_time_is_no_state(tmp_path: Path) -> None:
    tree(tmp_path / "r")
    before = states(tmp_path / "r")
    os.utime(tmp_path / "r" / "a.yaml", (1, 1))
    assert states(tmp_path / "r") == before
