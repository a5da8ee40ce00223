"""Expressions are compiled at their first use, and do what compiled ones do."""

from __future__ import annotations

import marshal
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackgen import regex as module
from stackgen.regex import regex


def test_it_is_compiled_once_at_the_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = re.compile
    monkeypatch.setattr(re, "compile", lambda *given: made.append(given[0]) or real(*given))
    word = regex("(?P<word>[a-z]+)", re.IGNORECASE)
    assert made == []
    assert [word.fullmatch("A1"), bool(word.search("1A"))] == [None, True]
    assert word.sub("x", "ab cd", count=1) == "x cd"
    assert [m["word"] for m in word.finditer("ab cd")] == word.findall("ab cd") == ["ab", "cd"]
    assert word.split("1ab2", maxsplit=1) == ["1", "ab", "2"]
    assert made == ["(?P<word>[a-z]+)"]
    assert (word.pattern, word.groupindex["word"]) == ("(?P<word>[a-z]+)", 1)


def test_a_wrong_expression_is_told_at_the_first_use() -> None:
    with pytest.raises(re.error, match="unterminated"):
        regex("[").search("")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where expressions are kept. What a run replaces is put back."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(module, "_RUN", module._Kept())
    monkeypatch.setattr(re._compiler, "compile", re._compiler.compile)  # type: ignore[attr-defined]
    yield Path(module._place())
    re.purge()


def _run(source: str) -> dict[str, object]:
    """The names of a module with this source, which runs after the one before has kept its own."""
    re.purge()
    module._RUN = module._Kept()
    module.use_kept()
    names: dict[str, object] = {"re": re, "regex": regex}
    exec(source, names)
    module.keep()
    return names


NAMED = r"""
word = re.compile("(?P<first>[a-z])(?P<rest>\\w*)", re.IGNORECASE)
class Numbers:
    number = regex("[0-9]+")
assert Numbers.number.search("1")
"""
MADE = """
def make(secret):
    return regex(secret).search(secret), re.compile("x" + secret)
make("hunter2")
"""


def test_named_expressions_are_compiled_by_one_run_alone(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(NAMED)
    parsed: list[str] = []
    parser = re._compiler._parser  # type: ignore[attr-defined]
    real = parser.parse
    monkeypatch.setattr(parser, "parse", lambda *given: parsed.append(given[0]) or real(*given))
    word = _run(NAMED)["word"]
    assert parsed == []
    assert isinstance(word, re.Pattern)
    re.purge()
    fresh = re.compile(word.pattern, word.flags)
    assert (word, word.groupindex, word.groups) == (fresh, fresh.groupindex, 2)
    found = word.fullmatch("Ab")
    assert found is not None and found["first"] == "A"
    before = place.read_bytes()
    _run(NAMED)
    assert place.read_bytes() == before


def test_what_a_run_makes_is_not_kept(place: Path) -> None:
    _run(NAMED + MADE)
    kept = place.read_bytes()
    assert b"rest" in kept and b"hunter2" not in kept


@pytest.mark.parametrize("rest", [b"", b"\xff", b"[", marshal.dumps([]), None])
def test_damaged_expressions_are_compiled_again(place: Path, rest: bytes | None) -> None:
    _run(NAMED)
    head, _, body = place.read_bytes().partition(b"\n")
    if rest is None:
        rest = marshal.dumps({key: marshal.dumps((*key, [1])) for key in marshal.loads(body)})
    place.write_bytes(head + b"\n" + rest)
    word = _run(NAMED)["word"]
    assert isinstance(word, re.Pattern) and word.fullmatch("Ab")


def test_another_python_compiles_its_own(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _run(NAMED)
    before = place.read_bytes()
    monkeypatch.setattr(sys, "version", "another")
    _run(NAMED)
    assert place.read_bytes() != before
    assert place.read_bytes().partition(b"\n")[2] == before.partition(b"\n")[2]


def test_nothing_is_kept_where_python_may_not_write(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    _run(NAMED)
    assert not place.exists()
