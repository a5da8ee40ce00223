"""The collector that the native validation functions report to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stackgen.manifest.document import Path
from stackgen.redact import redact
from stackgen.schema.problem import Problem

_LONGEST = 60


def show(value: Any) -> str:
    """A value as messages quote it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    text = str(value)
    if len(text) > _LONGEST:
        text = redact(text)[: _LONGEST - 3] + "..."
    return f'"{text}"' if isinstance(value, str) else text


def one_of(allowed: Iterable[Any]) -> str:
    """The allowed values as a message names them."""
    shown = [str(value) if value != "" else '""' for value in allowed]
    return ", ".join(shown)


class Report:
    """Problems in the order found; every method names one way of being wrong.

    update: the object replaces another one, so what the server wrote into it may be there.
    """

    __slots__ = ("problems", "update")

    def __init__(self, update: bool = False) -> None:
        self.problems: list[Problem] = []
        self.update = update

    def add(
        self, rule: str, path: Path, message: str, key: bool = False, certain: bool = True
    ) -> None:
        self.problems.append(Problem(rule, path, message, key, certain))

    def required(self, path: Path, why: str = "") -> None:
        """`path` names the field that is absent or empty."""
        message = f"{path[-1] if path else 'value'} is required"
        self.add("schema-missing-field", path, f"{message}: {why}" if why else message)

    def enum(self, path: Path, value: Any, allowed: Iterable[Any]) -> None:
        """Nothing when the value is one of `allowed`."""
        choices = list(allowed)
        if value in choices:
            return
        wanted = f"is not one of {one_of(choices)}" if len(choices) > 1 else f"must be {choices[0]}"
        self.add("schema-enum", path, f"{show(value)} {wanted}")

    def range(self, path: Path, value: Any, allowed: str) -> None:
        self.add("schema-range", path, f"{show(value)} is out of range: must be {allowed}")

    def length(self, path: Path, message: str) -> None:
        self.add("schema-length", path, message)

    def syntax(self, path: Path, value: Any, problem: str, key: bool = False) -> None:
        """`problem` completes the sentence that begins with the value; "" when there is none."""
        if problem:
            self.add("schema-format", path, f"{show(value)} {problem}", key)

    def name(self, path: Path, value: Any, problem: str, key: bool = False) -> None:
        if problem:
            self.add("schema-name", path, f"{show(value)} {problem}", key)

    def label(self, path: Path, value: Any, problem: str, key: bool = False) -> None:
        if problem:
            self.add("schema-label", path, f"{show(value)} {problem}", key)

    def quantity(self, path: Path, message: str) -> None:
        self.add("schema-quantity", path, message)

    def duplicate(self, path: Path, value: Any, what: str = "value") -> None:
        self.add("schema-duplicate-item", path, f"{show(value)} is used twice: each {what} once")

    def wrong(self, path: Path, message: str, key: bool = False) -> None:
        """A combination of values the kind does not allow."""
        self.add("schema-native", path, message, key)

    def immutable(self, path: Path, message: str) -> None:
        self.add("schema-immutable", path, message)
