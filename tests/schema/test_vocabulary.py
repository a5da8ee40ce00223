"""Each word of the rule vocabulary, on values that hold and values that do not."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.schema import phrases
from stackgen.schema.vocabulary import (
    CannotEvaluateError,
    UnknownWordError,
    Unreadable,
    compile_condition,
)

WORDS: list[tuple[dict[str, Any], Any, Any]] = [
    ({"has": "a.b"}, {"a": {"b": 1}}, {"a": {}}),
    ({"lacks": "a"}, {}, {"a": 1}),
    ({"empty": "a"}, {"a": ""}, {"a": "x"}),
    ({"filled": "a"}, {"a": [1]}, {"a": []}),
    ({"is": {"a": "x"}}, {"a": "x"}, {"a": "y"}),
    ({"is": {"a": 1}}, {"a": 1}, {"a": True}),
    ({"in": {"a": ["x", "y"]}}, {"a": "y"}, {"a": "z"}),
    ({"matches": {".": "^a+$"}}, "aa", "ab"),
    ({"contains": {".": "*"}}, "a*", "a"),
    ({"starts": {".": "/"}}, "/a", "a"),
    ({"ends": {".": "/"}}, "a/", "a"),
    ({"compare": ["a", "<=", "b"]}, {"a": 1, "b": 1}, {"a": 2, "b": 1}),
    ({"compare": [{"size": "."}, "<", 2]}, [1], [1, 2]),
    ({"compare": [{"duration": "."}, ">=", {"duration": "1ms"}]}, "1s", "1us"),
    ({"compare": [{"timespan": "."}, "<=", 86_400_000_000_000]}, "1 day", "2 days"),
    ({"all": [{"has": "a"}, {"has": "b"}]}, {"a": 1, "b": 1}, {"a": 1}),
    ({"any": [{"has": "a"}, {"has": "b"}]}, {"b": 1}, {}),
    ({"not": {"has": "a"}}, {}, {"a": 1}),
    ({"if": {"has": "a"}, "then": {"has": "b"}}, {"b": 1}, {"a": 1}),
    ({"each": ".", "that": {"has": "a"}}, [{"a": 1}], [{"a": 1}, {}]),
    ({"each-key": ".", "that": {"filled": "."}}, {"a": 1}, {"": 1}),
    ({"some": ".", "that": {"is": {".": 1}}}, [0, 1], [0]),
    ({"one": ".", "that": {"is": {".": 1}}}, [0, 1], [1, 1]),
    ({"at-most": 1, "of": ".", "that": {"is": {".": 1}}}, [0, 1], [1, 1]),
    ({"exclusive": ["a", "b"]}, {"a": 1}, {"a": 1, "b": 1}),
    ({"one-of": ["a", "b"]}, {"a": 1}, {}),
    ({"any-of": ["a", "b"]}, {"a": 1, "b": 1}, {}),
    ({"together": ["a", "b"]}, {}, {"a": 1}),
    ({"unique": ".", "by": ["n"]}, [{"n": 1}, {"n": 2}], [{"n": 1}, {"n": 1}]),
    ({"unique": ".", "by": ["n"], "where": {"has": "w"}}, [{"n": 1}, {"n": 1}],
     [{"n": 1, "w": 1}, {"n": 1, "w": 1}]),
    ({"alike": ".", "by": ["n"], "in-having": "s"}, [{"n": 1, "s": "a"}, {"n": 1, "s": "b"}],
     [{"n": 1, "s": "a"}, {"n": 1}]),
    ({"total": "m", "over": ".", "at-most": 2}, [{"m": [1]}, {}], [{"m": [1, 2]}, {"m": [3]}]),
    ({"ip": "."}, "10.0.0.1", "host"),
    ({"url": "."}, "http://a/b", "a b"),
    ({"scheme": {".": ["http", "https"]}}, "https://a", "ftp://a"),
    ({"integer": ".", "from": 1, "to": 65535}, "80", "0"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "good", "bad"), WORDS)
def test_words(rule: dict[str, Any], good: Any, bad: Any) -> None:
    holds = compile_condition(rule)
    assert holds(good) is True
    assert holds(bad) is False


@pytest.mark.parametrize(("rule", "bad"), [(rule, bad) for rule, _, bad in WORDS])
def test_every_word_can_be_said(rule: dict[str, Any], bad: Any) -> None:
    assert len(phrases.message(rule, bad)) > 10


def test_an_absent_value_has_no_answer() -> None:
    with pytest.raises(CannotEvaluateError):
        compile_condition({"is": {"a": 1}})({})


def test_what_settles_the_answer_outweighs_a_failure() -> None:
    failing, true, false = {"is": {"a": 1}}, {"lacks": "a"}, {"has": "a"}
    assert compile_condition({"any": [failing, true]})({}) is True
    assert compile_condition({"all": [failing, false]})({}) is False
    with pytest.raises(CannotEvaluateError):
        compile_condition({"any": [failing, false]})({})


def test_a_value_that_rules_cannot_read_has_no_answer() -> None:
    value = {"a": Unreadable("written with a point")}
    with pytest.raises(CannotEvaluateError, match="point"):
        compile_condition({"has": "a"})(value)
    assert compile_condition({"exclusive": ["a", "b"]})(value) is True


def test_an_unknown_word_is_no_rule() -> None:
    with pytest.raises(UnknownWordError):
        compile_condition({"perhaps": "a"})


def test_messages_name_the_fields() -> None:
    rule = {"exclusive": ["a", "b", "c"]}
    assert phrases.message(rule, {"a": 1, "b": 1}) == (
        "a and b are both set; only one of a, b or c may be"
    )
    rule = {"if": {"has": "a"}, "then": {"is": {"type": "A"}}}
    assert phrases.message(rule, {"a": 1, "type": "B"}) == (
        'a is set, so type must be "A"; it is "B"'
    )
