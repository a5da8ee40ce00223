"""Rules of a definition against the types of its schema."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.schema.cel import NotEvaluatedError
from stackgen.schema.cel_types import SelfTypes

PORT = {"type": "object", "properties": {"name": {"type": "string"}, "port": {"type": "integer"}}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "mode": {"type": "string"},
        "count": {"type": "integer"},
        "share": {"type": "number"},
        "on": {"type": "boolean"},
        "wait": {"type": "string", "format": "duration"},
        "when": {"type": "string", "format": "date-time"},
        "blob": {"type": "string", "format": "byte"},
        "either": {"x-kubernetes-int-or-string": True},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "two_words": {"type": "object", "additionalProperties": PORT},
        "twoWords": {"type": "string"},
        "ports": {"type": "array", "items": PORT},
        "rows": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "a-b": {"type": "string"},
        "in": {"type": "string"},
        "inner": {
            "type": "object", "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
        },
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "rule",
    [
        "self.mode == 'a'", "self.count > 1", "self.count < 1.5", "self.share > 1", "self.on",
        "self.wait > duration('1s')", "self.when.getFullYear() > 2020", "self.blob == b'a'",
        "self.either == 1 || self.either == '1'", "self.labels['a'] == 'b'", "'a' in self.labels",
        "self.two_words['a'].port == 80", "self.ports.all(p, p.port > 0)", "has(self.ports)",
        "self.rows.size() > 0", "self.a__dash__b == ''", "self.__in__ == 'a'",
        "self.inner.metadata.name == self.inner.kind", "self.metadata.name == 'a'",
        "self.kind == oldSelf.kind", "self.?mode.orValue('') == 'a'", "self == oldSelf",
        "quantity(self.mode).isGreaterThan(quantity('1'))", "ip(self.mode).family() == 4",
        "self.ports.map(p, p.port).sum() > 1", "self.ports.map(p, p.name).isSorted()",
        "self.ports.map(p, p.name).indexOf('a') == 0", "self.mode.matches('^a+$')",
        "!format.dns1123Label().validate(self.mode).hasValue()", "string(cidr(self.mode)) == ''",
    ],
)  # fmt: skip
def test_rules_that_fit(rule: str) -> None:
    assert SelfTypes(SCHEMA).wrong(rule, SCHEMA, "bool") == ""


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("self.nope == 1", "the expression reads nope, which the schema does not declare here"),
        ("self.ports.all(p, p.nope > 0)", "reads nope"),
        ("self.two_words['a'].nope == 1", "reads nope"),
        ("self.free.a == 1", "reads a"),
        ("self.metadata.labels == {}", "reads labels"),
        ("has(self.nope)", "reads nope"),
        ("self.mode == 1", "types that do not go together: (string, int)"),
        ("self.count == 1.0", "types that do not go together: (int, double)"),
        ("self.mode == null", "types that do not go together"),
        ("self == {}", "types that do not go together: (object, map"),
        ("self.mode.nope()", "uses nope, which is neither a variable nor a function here"),
        ("other.mode == 'a'", "uses other.mode, which is neither"),
        ("self.mode.all(c, c == 'a')", "fields or items of a value that has none"),
        ("self.count.name == 1", "fields or items of a value that has none"),
        ("self.count", "the expression gives int, a bool is needed"),
        ("self.either", "the expression gives dyn, a bool is needed"),
        ("self.mode +", "cannot be read as CEL"),
        ("self.mode.matches('(')", "'(', which is not a regular expression"),
        ("format.nope().validate(self.mode).hasValue()", "format.nope, which is no format"),
        ("quantity(self.mode).getHost() == ''", "types that do not go together"),
    ],
)
def test_rules_that_do_not_fit(rule: str, told: str) -> None:
    assert told in SelfTypes(SCHEMA).wrong(rule, SCHEMA, "bool")


def test_a_message_expression_gives_text() -> None:
    types = SelfTypes(SCHEMA)
    assert types.wrong("'mode is ' + self.mode", SCHEMA, "string") == ""
    assert "a string is needed" in types.wrong("self.on", SCHEMA, "string")


def test_an_optional_earlier_value_must_be_opened() -> None:
    types = SelfTypes(SCHEMA)
    assert types.wrong("oldSelf.hasValue() && oldSelf.value().on", SCHEMA, "bool", True) == ""
    assert "gives optional_type<bool>" in types.wrong("oldSelf.on", SCHEMA, "bool", True)
    assert "reads nope" in types.wrong("oldSelf.value().nope", SCHEMA, "bool", True)


def test_what_the_compiler_lacks_is_not_judged() -> None:
    with pytest.raises(NotEvaluatedError):
        SelfTypes(SCHEMA).wrong("self.ports.all(i, p, i > p.port)", SCHEMA, "bool")


def test_a_value_of_no_type_has_no_rules() -> None:
    node = {"x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"a": node}}
    assert "no rule can read it" in SelfTypes(schema).wrong("true", node, "bool")
