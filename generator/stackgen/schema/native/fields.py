"""The fields of one object of a built-in kind: a line of a validator checks one of them.

Objects come from the decoder, without nulls. `empty=True` says that an empty string counts as
absent, as it does where the API has no pointer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema import syntax
from stackgen.schema.native.report import Report

Rule = Callable[[Any], str]
_EMPTY: dict[str, Any] = {}


class Fields:
    """An object, its path and the report. A bool that a method returns says: nothing is wrong."""

    __slots__ = ("data", "path", "report")

    def __init__(self, data: dict[str, Any], path: Path, report: Report) -> None:
        self.data = data
        self.path = path
        self.report = report

    def __contains__(self, field: str) -> bool:
        return field in self.data

    def get(self, field: str, default: Any = None) -> Any:
        return self.data.get(field, default)

    def given(self, *fields: str) -> list[str]:
        """Those of `fields` that are set."""
        return [field for field in fields if self.data.get(field) is not None]

    def at(self, *steps: str | int) -> Path:
        return (*self.path, *steps)

    def inner(self, field: str, *more: str) -> Fields:
        """The object in a field, or in one below it; an absent one is empty."""
        data = self.data.get(field) or _EMPTY
        for step in more:
            data = data.get(step) or _EMPTY
        return Fields(data, (*self.path, field, *more), self.report)

    def items(self, field: str) -> list[Fields]:
        """The objects of a list."""
        found = self.data.get(field)
        if not found:
            return []
        path, report = (*self.path, field), self.report
        return [Fields(x, (*path, i), report) for i, x in enumerate(found)]

    def values(self, field: str) -> list[tuple[Any, Path]]:
        """The values of a list, each with its path."""
        found = self.data.get(field)
        return [(x, (*self.path, field, i)) for i, x in enumerate(found)] if found else []

    def wrong(self, field: str, message: str) -> None:
        self.report.wrong((*self.path, field), message)

    def unwanted(self, why: str, *fields: str) -> None:
        """Fields that must not be set to anything but an empty value."""
        for field in fields:
            if self.data.get(field):
                self.report.wrong((*self.path, field), why)

    def forbidden(self, why: str, *fields: str) -> None:
        """Fields that must be absent."""
        for field in fields:
            if self.data.get(field) is not None:
                self.report.wrong((*self.path, field), why)

    def needs(self, field: str, why: str = "") -> bool:
        """A field that cannot be absent or empty."""
        if self.data.get(field):
            return True
        self.report.required((*self.path, field), why)
        return False

    def needs_all(self, *fields: str) -> None:
        for field in fields:
            self.needs(field)

    def is_set(self, field: str, why: str = "") -> bool:
        """A field that cannot be absent; an empty value is one."""
        if self.data.get(field) is not None:
            return True
        self.report.required((*self.path, field), why)
        return False

    def enum(self, field: str, allowed: Iterable[Any], empty: bool = False) -> bool:
        value = self.data.get(field)
        if value is None or value in allowed or (empty and value == ""):
            return True
        self.report.enum((*self.path, field), value, allowed)
        return False

    def needs_enum(self, field: str, allowed: Iterable[Any], why: str = "") -> bool:
        return self.needs(field, why) and self.enum(field, allowed)

    def name(self, field: str, rule: Rule, empty: bool = False) -> bool:
        """A value that is a name by `rule`, a function of `syntax`."""
        value = self.data.get(field)
        if value is None or (empty and value == ""):
            return True
        problem = rule(value)
        self.report.name((*self.path, field), value, problem)
        return not problem

    def needs_name(self, field: str, rule: Rule, why: str = "") -> bool:
        return self.needs(field, why) and self.name(field, rule)

    def syntax(self, field: str, rule: Rule, empty: bool = False) -> bool:
        value = self.data.get(field)
        if value is None or (empty and value == ""):
            return True
        problem = rule(value)
        self.report.syntax((*self.path, field), value, problem)
        return not problem

    def needs_syntax(self, field: str, rule: Rule, why: str = "") -> bool:
        return self.needs(field, why) and self.syntax(field, rule)

    def between(self, field: str, low: int, high: int, allowed: str = "") -> bool:
        value = self.data.get(field)
        if value is None or low <= value <= high:
            return True
        self.report.range((*self.path, field), value, allowed or f"between {low} and {high}")
        return False

    def least(self, field: str, low: int, default: int | None = None) -> None:
        """A number that is not below `low`; `default` stands for an absent one."""
        value = self.data.get(field, default)
        if value is not None and value < low:
            self.report.range((*self.path, field), value, f"{low} or more")

    def positive(self, field: str, default: int | None = None) -> None:
        value = self.data.get(field, default)
        if value is not None and value <= 0:
            self.report.range((*self.path, field), value, "more than 0")

    def not_negative(self, *fields: str) -> None:
        data = self.data
        for field in fields:
            if data.get(field, 0) < 0:
                self.report.range((*self.path, field), data[field], "0 or more")

    def port(self, field: str, empty: bool = False) -> None:
        """A port by its number, which an absent field lacks unless `empty`."""
        value = self.data.get(field, 0)
        if (value or not empty) and syntax.port_number(value):
            self.report.range((*self.path, field), value, syntax.port_number(value))

    def at_most(self, field: str, limit: int, what: str) -> None:
        """A list of at most `limit` items."""
        count = len(self.data.get(field) or ())
        if count > limit:
            self.report.length((*self.path, field), f"{count} {what}: at most {limit}")

    def longest(self, field: str, limit: int, unit: str = "characters") -> bool:
        """A string of at most `limit` characters."""
        if len(self.data.get(field) or "") <= limit:
            return True
        self.report.length((*self.path, field), f"must be at most {limit} {unit}")
        return False

    def unique(self, field: str, seen: set[Any], what: str) -> None:
        """A value that no object before has; it joins `seen`."""
        value = self.data.get(field, "")
        if value and value in seen:
            self.report.duplicate((*self.path, field), value, what)
        seen.add(value)

    def distinct(self, field: str, what: str) -> None:
        """A list without repeated values."""
        values: Sequence[Any] = self.data.get(field) or ()
        for i, value in enumerate(values):
            if value in values[:i]:
                self.report.duplicate((*self.path, field, i), value, what)
