"""The verdicts of a real API server on our own seeds."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from tools.verdicts import record, seeds

from stackgen.schema.engine import validate
from stackgen.schema.store import SchemaCatalog

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAMES = list(seeds.objects())


@pytest.fixture(scope="module")
def recorded() -> dict[str, tuple[bool, tuple[str, ...]]]:
    return record.read()


def test_every_seed_gets_the_verdict_of_the_server(
    recorded: dict[str, tuple[bool, tuple[str, ...]]],
) -> None:
    schemas = SchemaCatalog((), ())
    judged = {seed.id: not validate(seed.manifest, catalog=schemas) for seed in seeds.seeds()}
    wrong = {
        name: "the server accepts it" if accepted else f"the server refuses {fields}"
        for name, (accepted, fields) in recorded.items()
        if judged.get(name) != accepted
    }
    with open(os.path.join(ROOT, "docs", "schema-disagreements.md"), encoding="utf-8") as file:
        explained = file.read()
    assert {k: v for k, v in wrong.items() if k.partition(": ")[2] not in explained} == {}
    assert len(wrong) < 5


def test_the_record_is_of_these_seeds(
    recorded: dict[str, tuple[bool, tuple[str, ...]]],
) -> None:
    made = [seed.id for seed in seeds.seeds()]
    assert [name for name, count in Counter(made).items() if count > 1] == []
    assert set(recorded) <= set(made)
    assert len(set(made) - set(recorded)) < 20  # those to which the server gave no answer


def test_every_object_is_accepted_and_has_changes_that_are_not(
    recorded: dict[str, tuple[bool, tuple[str, ...]]],
) -> None:
    assert [name for name in NAMES if not recorded[name][0]] == []
    refused = Counter(name.partition(": ")[0] for name, (accepted, _) in recorded.items()
                      if not accepted)  # fmt: skip
    assert [name for name in NAMES if refused[name] < 3] == []


def test_changes_do_not_touch_the_object_they_are_made_from() -> None:
    base = {"a": {"b": [1, {"c": 2}]}}
    assert seeds.changed(base, ("a", "b", 1, "c"), 3) == {"a": {"b": [1, {"c": 3}]}}
    assert seeds.changed(base, ("a", "b", 0), seeds.DROP) == {"a": {"b": [{"c": 2}]}}
    assert base == {"a": {"b": [1, {"c": 2}]}}
