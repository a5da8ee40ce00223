"""What a rule in CEL can cost is known before it runs, and is never less than what it does cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.schema import cel
from stackgen.schema.cel_cost import bound, limits, size_of
from stackgen.schema.cel_tree import decode
from tests.schema.test_cel import TEXT, ruled

LIST: dict[str, Any] = {"type": "array", "items": {"type": "integer"}}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}


def cost(rule: str, **fields: Any) -> int:
    _, tree = cel._compiled(rule)
    units, _ = bound(tree, {"self": size_of(fields)})
    return units


TOO_MUCH = {
    "copies of a text": "self.l.map(x, self.s).map(x, x + x + x + x + x).size() > 0",
    "a split in a loop": 'self.s.split("").map(x, self.s.split("")).size() > 0',
    "a text that doubles": (
        "cel.bind(a, self.s + self.s, cel.bind(b, a + a + a + a, cel.bind(c, b + b + b + b,"
        " cel.bind(d, c + c + c + c, cel.bind(e, d + d + d + d, e + e + e + e != self.s)))))"
    ),
    "a replacement": 'self.s.replace("", self.s).size() > 0',
    "loops in loops": "self.l.all(a, self.l.all(b, self.l.all(c, a + b + c >= 0)))",
    "a list that grows": "self.l.map(a, self.l.map(b, self.l)).size() > 0",
    "a search in a search": 'self.l.all(a, !self.s.contains(self.s + "x"))',
    "a pattern in a loop": 'self.l.all(a, self.s.matches("(a|aa)+" + self.s))',
    "sets of sets": "self.l.all(a, sets.contains(self.l, self.l))",
    "a format in a loop": 'self.l.map(a, "%s%s%s".format([self.s, self.s, self.s])).size() > 0',
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_rule_above_its_limit_is_not_evaluated(name: str, tmp_path: Path) -> None:
    widgets = ruled(tmp_path, TOO_MUCH[name], l=LIST, s=TEXT)
    (problem,) = widgets.judged({"l": list(range(1500)), "s": "a" * 20_000})
    assert (problem.rule, problem.path) == ("schema-not-evaluated", ("spec",))
    assert problem.certain
    assert problem.message == (
        "a rule was not evaluated: it can cost more than the 1,000,000 units of one rule"
        " (told by 0)"
    )


@pytest.mark.parametrize("name", TOO_MUCH)
def test_the_same_rule_is_evaluated_on_small_values(name: str, tmp_path: Path) -> None:
    widgets = ruled(tmp_path, TOO_MUCH[name], l=LIST, s=TEXT)
    assert widgets.rules({"l": [1, 2], "s": "aaa"}) in ([], ["schema-cross-field"])


def test_the_rules_of_one_object_share_a_limit(tmp_path: Path) -> None:
    rule = "self.l.all(a, self.l.all(b, a + b >= 0))"
    widgets = ruled(tmp_path, *[rule] * 400, l=LIST)
    problems = widgets.judged({"l": list(range(90))})
    single = cost(rule, l=list(range(90)))
    reached = limits()["limits"]["one_object"] // single
    assert 0 < reached < 400
    assert len(problems) == 400 - reached
    assert {p.rule for p in problems} == {"schema-not-evaluated"}
    assert "the rules of the object can cost more than 10,000,000 units" in problems[0].message


def test_a_rule_that_is_too_long_is_not_evaluated(tmp_path: Path) -> None:
    widgets = ruled(tmp_path, "true" + " && true" * 13_000, l=LIST)
    assert widgets.rules({"l": []}) == ["schema-not-evaluated"]


USUAL = [
    "self.l.size() <= 64 || self.s.size() > 3",
    "self.l.all(x, self.l.exists_one(y, x == y))",
    'self.t.all(x, x.matches("^[a-z]+$") && !x.startsWith("-"))',
    'self.t.exists(x, x.split(".").all(y, y.size() < 64))',
    "!has(self.s) || self.s.lowerAscii() == self.s",
    'self.t.map(x, x + "-suffix").filter(x, x in self.t).size() == 0',
]


@pytest.mark.parametrize("rule", USUAL)
def test_usual_rules_are_far_below_the_limit(rule: str) -> None:
    fields = {"l": list(range(64)), "t": ["abc.example.com"] * 64, "s": "abc" * 80}
    assert cost(rule, **fields) < limits()["limits"]["one_rule"] // 10


MADE = st.recursive(
    st.sampled_from(["self.s", '"ab"', "self.t[0]"]),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds('{}.replace("", {})'.format, inner, inner),
        st.builds('{}.replace("a", {})'.format, inner, inner),
        st.builds('{}.split("").join({})'.format, inner, inner),
        st.builds("self.t.map(x, x + {}).join({})".format, inner, inner),
        st.builds("(self.b ? {} : {})".format, inner, inner),
        st.builds("cel.bind(v, {}, v + v)".format, inner),
        st.builds('"%s-%s".format([{}, {}])'.format, inner, inner),
        st.builds("strings.quote({})".format, inner),
        st.builds("{}.lowerAscii()".format, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(rule=MADE, s=st.text("ab", max_size=6), t=st.lists(st.text("ab", max_size=4), min_size=1))
def test_what_a_rule_makes_is_never_greater_than_said(rule: str, s: str, t: list[str]) -> None:
    data = {"self": {"s": s, "t": t, "b": True}}
    _, tree = cel._compiled(rule)
    units, size = bound(tree, {"self": size_of(data["self"])})
    if units <= limits()["limits"]["one_rule"]:
        made = cel.evaluate(rule, {**data, "oldSelf": None})
        assert isinstance(made, str)
        assert len(made.encode()) <= size.length


def test_a_bound_stays_a_number_of_few_digits() -> None:
    rule = "self.s"
    for _ in range(20):
        rule = f'{rule}.replace("", self.s)'
    assert cost(f"{rule}.size() > 0", s="a" * 1000) <= 2**62


@pytest.mark.parametrize("data", [b"", b"\x08", b"\x12\xff", b"\x12\x02\x22\x05", b"\x13\x00"])
def test_another_form_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


def test_a_pattern_that_backtracks_elsewhere_is_found_at_once(tmp_path: Path) -> None:
    widgets = ruled(tmp_path, 'self.s.find("(a+)+$") == ""', s=TEXT)
    assert widgets.rules({"s": "a" * 2000 + "b"}) == []


def test_a_pattern_that_cannot_be_read_is_not_evaluated(tmp_path: Path) -> None:
    widgets = ruled(tmp_path, 'self.s.find("(a{1000}){1000}") == ""', s=TEXT)
    assert widgets.rules({"s": "a"}) == ["schema-not-evaluated"]
