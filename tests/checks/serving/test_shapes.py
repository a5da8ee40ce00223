"""No shape of the input breaks a rule: every value of a rich set is replaced, one at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.manifest.document import Path as Where
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from tests.checks.families import found_by

RICH = Path(__file__).parents[2] / "cases" / "serving" / "rich.yaml"
ODD: tuple[Any, ...] = (None, "x", 7, True, [], {}, [None], [["x"]], {"name": None}, [{"name": 7}])


def documents() -> list[Any]:
    return [d.data for d in parse(RICH.read_text(encoding="utf-8"), RICH.name)]


def places(value: Any, path: Where = ()) -> Iterator[Where]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from places(item, (*path, i))


def replaced(data: Any, path: Where, value: Any) -> Any:
    result = copy.deepcopy(data)
    here = result
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return result


def run(data: list[Any], release: str) -> None:
    bundle = Bundle(tuple(Resource(d, "rich.yaml") for d in data if isinstance(d, dict)))
    context = Context(bundle, release=release)
    for finding in found_by("serving", context):
        assert finding.message and finding.places


@pytest.mark.parametrize("release", ["", "llm-d-infra-xks-0.15"])
def test_no_value_breaks_a_rule(release: str) -> None:
    whole = documents()
    for number, path in enumerate(places(whole)):
        if len(path) > 1:
            run(replaced(whole, path, ODD[number % len(ODD)]), release)


def test_the_rich_set_itself_is_clean() -> None:
    bundle = Bundle(tuple(Resource(d, "rich.yaml") for d in documents()))
    found = found_by("serving", Context(bundle, release="odh-master"))
    assert [f"{f.rule.id}: {f.message}" for f in found] == []
