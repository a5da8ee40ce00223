"""Rules in CEL, as users' own definitions carry them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackgen.schema import cel
from tests.schema.given import Widgets


def ruled(folder: Path, *texts: str, **properties: Any) -> Widgets:
    """A widget whose spec has these fields and rules."""
    rules = [{"rule": text, "message": f"told by {i}"} for i, text in enumerate(texts)]
    spec = {"type": "object", "properties": properties, "x-kubernetes-validations": rules}
    return Widgets(folder, spec)


INT = {"type": "integer"}
TEXT = {"type": "string"}


def test_a_rule_that_does_not_hold_gives_its_message(tmp_path: Path) -> None:
    widgets = ruled(tmp_path, "self.low <= self.high", low=INT, high=INT)
    assert widgets.judged({"low": 1, "high": 2}) == []
    (problem,) = widgets.judged({"low": 3, "high": 2})
    assert (problem.rule, problem.path) == ("schema-cross-field", ("spec",))
    assert problem.message == "told by 0"


def test_an_error_in_a_rule_refuses(tmp_path: Path) -> None:
    widgets = ruled(tmp_path, "self.low <= self.high", low=INT, high=INT)
    assert widgets.rules({"low": 1}) == ["schema-cross-field"]


def test_a_rule_that_cannot_be_compiled_is_reported_and_never_passed(tmp_path: Path) -> None:
    widgets = ruled(tmp_path, "self.low.unheardOf()", "self.low < 5", low=INT)
    assert widgets.rules({"low": 1}) == ["schema-not-evaluated"]
    (unknown,) = widgets.judged({"low": 1})
    assert not unknown.certain
    assert widgets.rules({"low": 7}) == ["schema-not-evaluated", "schema-cross-field"]


def test_transition_rules_need_an_earlier_value(tmp_path: Path) -> None:
    widgets = ruled(tmp_path, "self.size >= oldSelf.size", size=INT)
    assert widgets.rules({"size": 1}) == []
    assert widgets.rules({"size": 1}, {"size": 1}) == []
    assert widgets.rules({"size": 1}, {"size": 2}) == ["schema-immutable"]


def test_field_names_that_are_words_of_cel(tmp_path: Path) -> None:
    widgets = ruled(
        tmp_path, "self.__namespace__ == self.a__dash__b", **{"namespace": TEXT, "a-b": TEXT}
    )
    assert widgets.rules({"namespace": "x", "a-b": "x"}) == []
    assert widgets.rules({"namespace": "x", "a-b": "y"}) == ["schema-cross-field"]


def test_formats_give_times_and_durations(tmp_path: Path) -> None:
    span = {"type": "string", "format": "duration"}
    moment = {"type": "string", "format": "date-time"}
    widgets = ruled(
        tmp_path, "self.span < duration('1h')", "self.at > timestamp('2026-01-01T00:00:00Z')",
        span=span, at=moment,
    )  # fmt: skip
    assert widgets.rules({"span": "30m", "at": "2026-02-01T00:00:00Z"}) == []
    assert widgets.rules({"span": "2h", "at": "2025-02-01T00:00:00Z"}) == ["schema-cross-field"] * 2


def test_rules_see_defaults(tmp_path: Path) -> None:
    widgets = ruled(tmp_path, "self.size == 3", size={**INT, "default": 3})
    assert widgets.rules({}) == []


CALLS = [
    ("quantity(self).isLessThan(quantity('2Gi'))", "1Gi", "3Gi"),
    ("isQuantity(self)", "500m", "much"),
    ("quantity(self).add(quantity('500m')).compareTo(quantity('1')) == 0", "500m", "1"),
    ("isIP(self) && ip(self).family() == 4", "10.0.0.1", "::1"),
    ("cidr('10.0.0.0/8').containsIP(self)", "10.1.2.3", "192.168.0.1"),
    ("cidr('10.0.0.0/8').containsCIDR(self)", "10.1.0.0/16", "0.0.0.0/0"),
    ("isURL(self) && url(self).getHostname() == 'a'", "http://a:80/x?y=1", "http://b/"),
    ("!format.dns1123Label().validate(self).hasValue()", "abc", "A.b"),
    ("self.find('[0-9]+') == '12'", "ab12", "ab3"),
    ("semver(self).isLessThan(semver('1.10.0'))", "1.9.0", "1.11.0"),
    ("self.split(',').isSorted()", "a,b", "b,a"),
    ("sets.contains(['a', 'b'], self.split(','))", "a,b", "c"),
    ("self.matches('^[a-z]+$')", "abc", "a1"),
]


@pytest.mark.parametrize(("text", "good", "bad"), CALLS)
def test_functions_of_kubernetes(text: str, good: str, bad: str) -> None:
    assert cel.evaluate(text, {"self": good, "oldSelf": None}) is True
    assert cel.evaluate(text, {"self": bad, "oldSelf": None}) is False


def test_a_function_given_nonsense_is_an_error() -> None:
    with pytest.raises(cel.RuleError):
        cel.evaluate("quantity(self).sign() == 1", {"self": "much", "oldSelf": None})


def test_the_engine_keeps_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(cel.RuleError):
        cel.evaluate("self.matches('(')", {"self": "x", "oldSelf": None})
    assert capfd.readouterr().err == ""
