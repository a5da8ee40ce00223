"""New files are written all or none, and never over what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.errors import UsageError
from stackgen.starter.write import taken, write_new
from tests.program import state

FILES = {"a.yaml": b"a", "deep/er/b.yaml": b"b"}


def test_files_and_their_folders_are_made(tmp_path: Path) -> None:
    write_new(str(tmp_path / "new" / "er"), FILES)
    found = {n: v[2] for n, v in state(tmp_path / "new" / "er").items() if v[2]}
    assert found == FILES


@pytest.mark.parametrize("name", ["a.yaml", "deep/er/b.yaml"])
def test_a_file_that_is_there_is_taken(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine")
    assert taken(str(tmp_path), FILES) == [name]


@pytest.mark.parametrize("make", ["file", "link", "dangling"])
def test_what_is_in_the_way_is_taken(make: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    way = tmp_path / "deep"
    if make == "file":
        way.write_text("mine")
    else:
        way.symlink_to(tmp_path / ("elsewhere" if make == "link" else "nowhere"))
    assert taken(str(tmp_path), FILES) == ["deep/er/b.yaml"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "z.yaml").write_text("mine")
    before = state(tmp_path)
    with pytest.raises(UsageError, match=r"z\.yaml: cannot be written: File exists"):
        write_new(str(tmp_path), {**FILES, "z.yaml": b"theirs"})
    assert {n: v[2] for n, v in state(tmp_path).items()} == {n: v[2] for n, v in before.items()}
