"""Expressions are compiled at their first use, and do what compiled ones do."""

from __future__ import annotations

import re

import pytest

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
