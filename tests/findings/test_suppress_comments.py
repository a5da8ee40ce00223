"""Suppressions in comments: which line they speak of, and what is no comment at all."""

from __future__ import annotations

import pytest

from stackgen.findings.suppress import suppressions
from stackgen.manifest.document import Source


def read(text: str) -> list[tuple[str, str, int]]:
    return [(s.rule, s.reason, s.line) for s in suppressions([Source("a.yaml", text)])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1  # stackgen: ignore[r-one] why not\n", [("r-one", "why not", 1)]),
        ("# stackgen: ignore[r-one] why\na: 1\n", [("r-one", "why", 2)]),
        ("# stackgen: ignore[r-one] why\n\n# more words\n  \na: 1\n", [("r-one", "why", 5)]),
        ("a:\n  # stackgen: ignore[r, s] why\n  b: 1\n", [("r", "why", 3), ("s", "why", 3)]),
        ("# stackgen: ignore[r] x\n# stackgen: ignore[s] y\na:\n", [("r", "x", 3), ("s", "y", 3)]),
        ("a: 1 #stackgen:ignore[r]:  because\n", [("r", "because", 1)]),
        ("a: 1 # stackgen: ignore[r] - because\r\nb: 2\r\n", [("r", "because", 1)]),
        ("a: 1 # stackgen: ignore[r]\n", [("r", "", 1)]),
        ("a: 1 # stackgen: ignore\n", [("", "", 1)]),
        ("a: 1 # stackgen: ignore[] x\n", [("", "x", 1)]),
        ("a: 1\n# stackgen: ignore[r] x\n", [("r", "x", 0)]),
        ("a: 1 # stackgen: is a tool\n", []),
        ("a: 'x # stackgen: ignore[r] no comment'\n", []),
        ('a: "x\n  # stackgen: ignore[r] no comment"\n', []),
        ("a: |\n  # stackgen: ignore[r] no comment\n  x\nb: 1\n", []),
        ("a: | # stackgen: ignore[r] on the header\n  x\n", [("r", "on the header", 1)]),
        ("a: |\n  x\n# stackgen: ignore[r] behind a block\nb: 1\n", [("r", "behind a block", 4)]),
        ("a: x#stackgen: ignore[r] part of the word\n", []),
        ("\ufeffa: 'é' # stackgen: ignore[r] after a BOM\n", [("r", "after a BOM", 1)]),
        ("---\na: 1\n---\nb: 1 # stackgen: ignore[r] second\n", [("r", "second", 4)]),
        ("a: [ # stackgen: ignore[r] broken\n", [("r", "broken", 1)]),
    ],
)  # fmt: skip
def test_comments(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert read(text) == expected


def test_place_covers_the_comment() -> None:
    (found,) = suppressions([Source("a.yaml", "a: 1\nb: 2  # stackgen: ignore[r] why \n")])
    assert found.kind == "comment"
    assert found.place.mark is not None
    assert (found.place.mark.line, found.place.mark.column, found.place.mark.end_column) == (
        2,
        7,
        32,
    )
