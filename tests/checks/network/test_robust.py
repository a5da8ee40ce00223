"""Manifests that make no sense break no rule of the family."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.net.connections import connections
from stackgen.net.evaluate import READINGS
from stackgen.net.policies import policies_of
from stackgen.net.world import with_ranges, world_of
from tests.checks.families import found_by
from tests.checks.policy.test_policies import CASES

JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 70000, 1.5, "", "x", "::/0", "10.0.0.0/33", [], {}, [None], [{}], {"a": 1},
    [["x"]], {"key": "a", "operator": "In"}, {"": []},
)  # fmt: skip
FILES = sorted(CASES.glob("net-*/*.yaml"))


def _paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [p for k, v in items for p in ((*here, k), *_paths(v, (*here, k)))]


def _spoilt(data: Any, chance: random.Random) -> Any:
    data = copy.deepcopy(data)
    path = chance.choice(_paths(data))
    target = data
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = chance.choice(JUNK)
    return data


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_nothing_breaks(file: Path) -> None:
    chance = random.Random(file.name)
    documents = parse(file.read_text(encoding="utf-8"), file.name)
    for _ in range(60):
        objects = [d.data for d in documents]
        for _ in range(chance.choice((1, 1, 2, 3))):
            i = chance.randrange(len(objects))
            objects[i] = _spoilt(objects[i], chance)
        bundle = Bundle(tuple(Resource(o, file.name) for o in objects))
        assert all(finding.message for finding in found_by("network", Context(bundle)))
        policies = policies_of(bundle.objects)
        world = with_ranges(world_of(bundle), policies)
        for reading in READINGS:
            assert all(c.allowed or c.unknown for c in connections(world, policies, reading))
