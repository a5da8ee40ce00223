"""The lock: what made the files, and which they are."""

from __future__ import annotations

import hashlib
import json

import pytest

from stackgen.tree.lock import digest, lock_text, owned_files

FILES = {"b.yaml": b"2\n", "a/c.yaml": b"1\n"}


def test_content() -> None:
    dates = {"z.yaml#r": "2026-01-01", "a.yaml#q": ""}
    text = lock_text({"b": 1, "a": "é"}, "row", dates, "1.2", FILES)
    assert text.endswith(b"\n")
    assert json.loads(text) == {
        "version": 1,
        "stackgen": "1.2",
        "release": "row",
        "input": hashlib.sha256('{"a":"é","b":1}'.encode()).hexdigest(),
        "catalog": {"a.yaml#q": "", "z.yaml#r": "2026-01-01"},
        "files": {"a/c.yaml": digest(b"1\n"), "b.yaml": digest(b"2\n")},
    }


def test_order_of_what_is_given_does_not_matter() -> None:
    one = lock_text({"a": 1, "b": 2}, "r", {"x": "1", "y": "2"}, "0", FILES)
    turned = dict(reversed(FILES.items()))
    other = lock_text({"b": 2, "a": 1}, "r", {"y": "2", "x": "1"}, "0", turned)
    assert one == other


def test_another_spec_is_another_input() -> None:
    inputs = {json.loads(lock_text(s, "r", {}, "0", {}))["input"] for s in ({"a": 1}, {"a": 2}, {})}
    assert len(inputs) == 3


def test_the_files_it_lists() -> None:
    assert owned_files(lock_text({}, "r", {}, "0", FILES)) == frozenset(FILES)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b"{}",
        b'{"files": 3}',
        b"<<<<<<< HEAD\n",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_lock_without_a_readable_entry_lists_nothing(content: bytes) -> None:
    assert owned_files(content) == frozenset()


def test_a_lock_with_a_merge_conflict_lists_the_files_of_both_sides() -> None:
    hashes = [digest(b"1"), digest(b"2"), digest(b"3")]
    content = (
        '{"files": {\n<<<<<<< HEAD\n'
        f'    "a \\"b\\".yaml": "{hashes[0]}",\n'
        f'=======\n    "c.yaml": "{hashes[1]}"\n>>>>>>> topic\n'
        f'    "no hash.yaml": "{hashes[2][:-1]}"\n'
    )
    assert owned_files(content.encode()) == {'a "b".yaml', "c.yaml"}


def test_a_lock_says_its_version_and_what_it_was_made_from() -> None:
    text = lock_text({"a": 1}, "r", {"z": "2026-01-02", "b": "2026-01-01"}, "1.0", {"f": b"x"})
    said = json.loads(text)
    assert {k: said[k] for k in ("version", "stackgen", "release", "catalog")} == {
        "version": 1,
        "stackgen": "1.0",
        "release": "r",
        "catalog": {"b": "2026-01-01", "z": "2026-01-02"},
    }
    assert said["files"] == {"f": hashlib.sha256(b"x").hexdigest()}
    assert said["input"] == hashlib.sha256(b'{"a":1}').hexdigest()
