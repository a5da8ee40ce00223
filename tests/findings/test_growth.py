"""What is done for a text or a set of findings grows as they do, counted in calls."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import pytest

from stackgen.findings import comments, suppress
from stackgen.findings.fingerprint import fingerprint
from stackgen.findings.locate import Texts, locate
from stackgen.findings.model import Located, Place
from stackgen.findings.select import selection
from stackgen.findings.suppression import Suppression
from stackgen.manifest.document import Mark, Source
from stackgen.manifest.yaml_in import parse
from tests.findings.given import PROBE, RULES, TODAY


def calls(run: Callable[[], Any]) -> int:
    """How many functions, in Python and in C, `run` calls."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def commented(size: int) -> Callable[[], Any]:
    lines = [f'a{n}: "#"  # stackgen: ignore[serving-probe-budget] meant' for n in range(size)]
    source = Source("a.yaml", "\n".join(lines))
    return lambda: comments.suppressions([source])


def before_nothing(size: int) -> Callable[[], Any]:
    source = Source("a.yaml", "# stackgen: ignore[serving-probe-budget] meant\n" * size)
    return lambda: comments.suppressions([source])


def twice(size: int) -> Callable[[], Any]:
    text = "\n".join("a: 1" for _ in range(size))
    return lambda: parse(text, "a.yaml")


def applied(size: int) -> Callable[[], Any]:
    """As many findings as comments, each on a line of its own."""
    text = "\n".join(f"a{n}: 1" for n in range(size))
    found: list[Located] = []
    stated: list[Suppression] = []
    for line in range(1, size + 1):
        place = Place(file="a.yaml", text=text, mark=Mark(line, 1, 3))
        finding = PROBE.finding("slow", place)
        places = locate(finding, Texts({}))
        found.append(Located(finding, places, fingerprint(finding, places[0])))
        stated.append(Suppression(PROBE.id, "meant", place=place, kind="comment", line=line))
        stated.append(Suppression(PROBE.id, "meant", place=place, object=f"Pod/p{line}"))
        stated.append(Suppression(PROBE.id, "meant", place=place, kind="config", path="b/*"))
    chosen = selection(RULES)
    return lambda: suppress.apply(found, stated, chosen, TODAY, ["a.yaml"])


@pytest.mark.parametrize("given", [commented, before_nothing, twice, applied])
def test_the_calls_grow_no_faster_than_the_input(given: Callable[[int], Any]) -> None:
    given(10)()  # what is done once
    counts = [calls(given(size)) for size in (200, 400, 800)]
    for less, more in ((counts[0], counts[1]), (counts[1], counts[2])):
        assert math.log2(more / less) < 1.1, counts
