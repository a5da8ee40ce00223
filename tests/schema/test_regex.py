"""Patterns that the input gives."""

from __future__ import annotations

import pytest

from stackgen.facts.application_sets import leads
from stackgen.net.match import named
from stackgen.schema.regex import groups, whole


def test_a_pattern_that_backtracks_is_linear() -> None:
    assert not whole("(a+)+b", "a" * 5000)
    assert whole("a|b-.*", "b-c") and not whole("a|b", "ab")
    assert groups("^(a+)_(b)?", "aa_c") == ["aa_", "aa", ""]
    assert groups("^b", "a") is None


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("apps/*", "apps/chat", True),
        ("apps/*", "apps/chat/base", False),
        ("apps/**/prod", "apps/chat/eu/prod", True),
        ("apps/**/prod", "apps/prod", True),
        ("**/prod", "a/b/prod", True),
        ("apps/[a]*", "apps/a", False),
        ("a*" * 50 + "b", "a" * 200, False),
        ("**/" * 50 + "b", "a/" * 200 + "c", False),
    ],
)
def test_folders_of_a_generator(pattern: str, path: str, fits: bool) -> None:
    assert leads(pattern.split("/"), path.split("/")) is fits


def test_stars_of_host_names_are_linear() -> None:
    assert not named("a*" * 50 + "b.com", "a" * 5000 + ".com", many_labels=False)
    assert named("*a*b.com", "xaab.com", many_labels=False)
