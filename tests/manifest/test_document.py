"""Paths of values in a document."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.manifest.document import Path, located

DATA = {"a": [{"8080": 1}], "": {"b": {"": {"c": 2}}, "": 3}, "d": {"": 4, "e": 5}}


@pytest.mark.parametrize(
    ("steps", "path", "value"),
    [
        (["a", 0, 8080], ("a", 0, "8080"), 1),
        (["b", "c"], ("", "b", "", "c"), 2),
        (["d", "e"], ("d", "e"), 5),
        (["d", "x"], ("d", ""), 4),
        (["a", 7], ("a",), [{"8080": 1}]),
        ([], (), DATA),
    ],
)
def test_the_steps_of_a_validator(steps: list[str | int], path: Path, value: Any) -> None:
    assert located(DATA, steps) == (path, value)
