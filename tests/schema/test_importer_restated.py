"""The restated rules: every one can be understood."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.schema.cross_field import TRANSITIONS
from stackgen.schema.engine import validate
from stackgen.schema.importer import load
from stackgen.schema.store import SchemaCatalog
from stackgen.schema.vocabulary import compile_condition


def test_each_rule_is_made_of_words_of_the_vocabulary() -> None:
    rules = [(key, rule) for key, rules in load().items() for rule in rules]
    assert len(rules) > 300
    for key, rule in rules:
        assert len(key) == 12
        if not any(word in rule for word in (*TRANSITIONS, "cel")):
            assert callable(compile_condition(rule)), key


def flavor(topology: str, label: str) -> dict[str, Any]:
    spec = {"topologyName": topology, "nodeLabels": {"pool": label}}
    return kueue("ResourceFlavor", spec)


def kueue(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    version = "kueue.x-k8s.io/v1beta1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "one"}, "spec": spec}


def queue(*resources: str) -> dict[str, Any]:
    given = [{"name": name, "nominalQuota": 8} for name in resources]
    group = {"coveredResources": ["cpu", "memory"], "flavors": [{"name": "a", "resources": given}]}
    return kueue("ClusterQueue", {"resourceGroups": [group]})


def levels(*labels: str) -> dict[str, Any]:
    return kueue("Topology", {"levels": [{"nodeLabel": label} for label in labels]})


HOST = "kubernetes.io/hostname"


@pytest.mark.parametrize(
    ("document", "previous", "told"),
    [
        (queue("cpu", "memory"), None, ""),
        (queue("cpu"), None, "each flavor has one entry for each of coveredResources"),
        (levels("rack", HOST), None, ""),
        (levels("rack", "rack"), None, "an item occurs twice"),
        (kueue("MultiKueueConfig", {"clusters": ["west", "east"]}), None, ""),
        (kueue("MultiKueueConfig", {"clusters": ["west", "west"]}), None, "must differ"),
        (levels(HOST, "rack"), None, "kubernetes.io/hostname is the last level"),
        (flavor("tpu", "a"), flavor("tpu", "a"), ""),
        (flavor("tpu", "b"), flavor("tpu", "a"), "nodeLabels of a flavor"),
        (flavor("gpu", "a"), flavor("tpu", "a"), "topologyName cannot change"),
    ],
)
def test_rules_that_compare_lists_or_versions_are_in_cel(
    document: dict[str, Any], previous: dict[str, Any] | None, told: str
) -> None:
    found = [
        problem.message
        for problem in validate(document, catalog=SchemaCatalog(), previous=previous)
    ]
    assert [message for message in found if told in message or not told] == found
    assert bool(found) == bool(told)
