"""The folder of results: damaged, foreign and old entries are as good as none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.cache import store

KEY = "0" * 64


def test_what_is_put_is_there_for_the_user_alone(tmp_path: Path) -> None:
    where = tmp_path / "new" / "cache"
    store.put(str(where), KEY, b"body")
    assert store.get(str(where), KEY) == b"body"
    assert [stat.S_IMODE(x.stat().st_mode) for x in (where, where / KEY)] == [0o700, 0o600]
    assert store.get(str(where), "1" * 64) is None


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_damaged_entry_is_none(body: bytes, data: st.DataObject) -> None:
    raw = bytearray(store._checksum(KEY, body) + body)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    cut = bytes(raw)[: data.draw(st.integers(0, len(raw)))]
    assert cut[: store._CHECK] != store._checksum(KEY, cut[store._CHECK :])


def test_a_cut_or_renamed_entry_is_none(tmp_path: Path) -> None:
    store.put(str(tmp_path), KEY, b"body")
    (tmp_path / ("1" * 64)).write_bytes((tmp_path / KEY).read_bytes())
    assert store.get(str(tmp_path), "1" * 64) is None
    (tmp_path / KEY).write_bytes((tmp_path / KEY).read_bytes()[:-1])
    assert store.get(str(tmp_path), KEY) is None


def test_a_large_entry_is_compressed_and_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b"a line of a report\n" * 400_000
    store.put(str(tmp_path), KEY, body)
    assert (tmp_path / KEY).stat().st_size < store.LARGEST < len(body)
    assert store.get(str(tmp_path), KEY) == body
    monkeypatch.setattr(store, "_MOST_UNPACKED", len(body) - 1)
    assert store.get(str(tmp_path), KEY) is None
    store.put(str(tmp_path), "1" * 64, body)
    assert os.listdir(tmp_path) == [KEY]


def test_what_others_can_write_is_not_read(tmp_path: Path) -> None:
    store.put(str(tmp_path), KEY, b"body")
    (tmp_path / KEY).chmod(0o622)
    assert store.get(str(tmp_path), KEY) is None
    (tmp_path / KEY).chmod(0o600)
    assert store.get(str(tmp_path), KEY) == b"body"
    tmp_path.chmod(0o777)
    assert store.get(str(tmp_path), KEY) is None
    store.put(str(tmp_path), "1" * 64, b"body")
    assert os.listdir(tmp_path) == [KEY]


def test_a_link_and_a_pipe_are_no_entries(tmp_path: Path) -> None:
    where = tmp_path / "cache"
    store.put(str(where), KEY, b"body")
    (where / KEY).rename(tmp_path / "elsewhere")
    (where / KEY).symlink_to(tmp_path / "elsewhere")
    assert store.get(str(where), KEY) is None
    (where / KEY).unlink()
    os.mkfifo(where / KEY)
    assert store.get(str(where), KEY) is None


def test_the_folder_is_bounded_and_the_oldest_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_ENTRIES", 8)
    for number in range(9):
        key = f"{number:064}"
        store.put(str(tmp_path), key, b"body")
        if number < 8:
            os.utime(tmp_path / key, (number, number))
    left = sorted(int(name) for name in os.listdir(tmp_path))
    assert left == [3, 4, 5, 6, 7, 8]
    monkeypatch.setattr(store, "LARGEST", 40)
    store.put(str(tmp_path), KEY, b"x" * 41)
    assert store.get(str(tmp_path), KEY) is None


def test_a_folder_that_cannot_be_made_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store.put(str(tmp_path / "file" / "cache"), KEY, b"body")
    assert store.get(str(tmp_path / "file" / "cache"), KEY) is None


@pytest.mark.parametrize(
    ("named", "environment", "folder"),
    [
        ("/here", {"STACKGEN_CACHE": "/there"}, "/here"),
        ("", {"STACKGEN_CACHE": "/there", "HOME": "/home/me"}, "/there"),
        ("", {"STACKGEN_CACHE": "off", "HOME": "/home/me"}, ""),
        ("", {"XDG_CACHE_HOME": "/cache", "HOME": "/home/me"}, "/cache/stackgen"),
        ("", {"XDG_CACHE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.cache/stackgen"),
        ("", {}, ""),
    ],
)
def test_the_folder(named: str, environment: dict[str, str], folder: str) -> None:
    assert store.folder(named, environment) == folder
