"""Fields that differ: list items by key, order only where it means something."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.review.fields import differences
from stackgen.review.model import Field
from stackgen.schema.node import tree
from stackgen.schema.store import SchemaCatalog

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "a"},
    "spec": {
        "selector": {"matchLabels": {"app": "a"}},
        "template": {
            "metadata": {"labels": {"app": "a"}},
            "spec": {
                "initContainers": [
                    {"name": "one", "image": "i:1"},
                    {"name": "two", "image": "i:2"},
                ],
                "containers": [
                    {
                        "name": "main",
                        "image": "x:1",
                        "args": ["--port=8000", "--model=/mnt"],
                        "command": ["python3", "-m", "serve"],
                        "ports": [
                            {"containerPort": 53, "protocol": "UDP"},
                            {"containerPort": 53, "protocol": "TCP"},
                        ],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "volumeMounts": [
                            {"name": "v", "mountPath": "/a"},
                            {"name": "v", "mountPath": "/b"},
                        ],
                    },
                    {"name": "side", "image": "y:1"},
                ],
                "tolerations": [{"key": "a", "operator": "Exists"}, {"operator": "Exists"}],
            },
        },
    },
}
POD = ("spec", "template", "spec")
MAIN = (*POD, "containers", 0)


def found(old: Any, new: Any, kind: str = "Deployment") -> list[tuple[str, str]]:
    return [(f.kind, f.name) for f in of(old, new, kind)]


def of(old: Any, new: Any, kind: str = "Deployment") -> tuple[Field, ...]:
    known = SchemaCatalog().find("apps", "v1", kind)
    return differences(old, new, kind, tree(known.path).root if known else None)


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The Deployment with another value at `path`."""
    copied = copy.deepcopy(DEPLOYMENT)
    here: Any = copied
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return copied


@pytest.mark.parametrize(
    ("path", "value", "names"),
    [
        ((*MAIN, "image"), "x:2", [("changed", "containers[main].image")]),
        ((*MAIN, "env", 1, "value"), "3", [("changed", "containers[main].env[B].value")]),
        (
            (*MAIN, "ports", 0, "name"),
            "dns",
            [("added", "containers[main].ports[53/UDP].name")],
        ),
        (
            (*MAIN, "args"),
            ["--model=/mnt", "--port=8001"],
            [("changed", "containers[main].args[--port]")],
        ),
        ((*MAIN, "command"), ["-m", "python3", "serve"], [("order", "containers[main].command")]),
        ((*MAIN, "command", 2), "other", [("changed", "containers[main].command[2]")]),
        ((*MAIN, "volumeMounts", 1, "readOnly"), True,
         [("added", "containers[main].volumeMounts[/b].readOnly")]),
        ((*POD, "tolerations", 0, "key"), "b", [("changed", "tolerations[0].key")]),
        ((*MAIN, "env"), [{"name": "B", "value": "2"}], [("removed", "containers[main].env[A]")]),
    ],
)  # fmt: skip
def test_a_change_is_named_by_the_keys_of_its_lists(
    path: tuple[Any, ...], value: Any, names: list[tuple[str, str]]
) -> None:
    wanted = [(kind, f"spec.template.spec.{name}") for kind, name in names]
    assert found(DEPLOYMENT, changed(path, value)) == wanted


def test_init_containers_run_in_order() -> None:
    turned = DEPLOYMENT["spec"]["template"]["spec"]["initContainers"][::-1]
    new = changed((*POD, "initContainers"), turned)
    assert found(DEPLOYMENT, new) == [("order", "spec.template.spec.initContainers")]


def test_null_is_absent() -> None:
    assert found(DEPLOYMENT, changed((*MAIN, "workingDir"), None)) == []


def test_true_is_not_one() -> None:
    assert found({"a": {"b": True}}, {"a": {"b": 1}}) == [("changed", "a.b")]
    assert found({"a": [True]}, {"a": [1]}) != []


def test_a_place_leads_into_each_object() -> None:
    new = changed((*POD, "containers"), [{"name": "side", "image": "y:2"}, *DEPLOYMENT["spec"][
        "template"]["spec"]["containers"][:1]])  # fmt: skip
    (field,) = of(DEPLOYMENT, new)
    assert field.old_at == (*POD, "containers", 1, "image")
    assert field.new_at == (*POD, "containers", 0, "image")


POLICY = {
    "kind": "NetworkPolicy",
    "spec": {
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {"from": [{"podSelector": {"matchLabels": {"a": "1"}}}], "ports": [{"port": 80}]},
            {"from": [{"podSelector": {"matchLabels": {"b": "2"}}}], "ports": [{"port": 90}]},
        ],
    },
}


def test_rules_of_a_policy_are_a_set() -> None:
    new = copy.deepcopy(POLICY)
    new["spec"]["ingress"].reverse()  # type: ignore[attr-defined]
    new["spec"]["policyTypes"].reverse()  # type: ignore[attr-defined]
    assert found(POLICY, new, "NetworkPolicy") == []
    rule = new["spec"]["ingress"][0]  # type: ignore[index]
    rule["from"][0]["podSelector"]["matchLabels"]["b"] = "3"
    # The rule is the one with the same port; a peer that is described otherwise is another peer.
    assert found(POLICY, new, "NetworkPolicy") == [
        ("removed", "spec.ingress[0].from[0]"),
        ("added", "spec.ingress[0].from[0]"),
    ]


SHUFFLED = {"containers", "env", "ports", "volumeMounts", "args", "tolerations"}


def shuffled(value: Any, chance: random.Random, field: str = "") -> Any:
    """The same meaning in another order: keys of maps, and lists that are sets."""
    if isinstance(value, dict):
        items = [(k, shuffled(v, chance, k)) for k, v in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        items = [shuffled(v, chance) for v in value]
        if field in SHUFFLED:
            chance.shuffle(items)
        return items
    return value


@given(st.integers(0, 10**6))
def test_another_order_is_no_change(seed: int) -> None:
    assert found(DEPLOYMENT, shuffled(DEPLOYMENT, random.Random(seed))) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "--b=1", "--b=2"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "port", "args", "env", "x"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert of({"v": value}, {"v": copy.deepcopy(value)}) == ()


MIRROR = {"added": "removed", "removed": "added", "changed": "changed", "order": "order"}


@given(JSON, JSON)
def test_the_way_back_is_the_mirror(one: Any, other: Any) -> None:
    """What one way adds the other way removes; and what is not equal differs."""
    there, back = of({"v": one}, {"v": other}), of({"v": other}, {"v": one})
    assert sorted(MIRROR[f.kind] for f in there) == sorted(f.kind for f in back)
    assert bool(there) == bool(back)


def test_a_container_with_another_name_is_the_same_one() -> None:
    old, new = {**DEPLOYMENT}, copy.deepcopy(DEPLOYMENT)
    main = new["spec"]["template"]["spec"]["containers"][0]
    main["name"] = "server"
    path = "spec.template.spec.containers[main].name"
    assert found(old, new) == [("changed", path)]
    assert found(new, old) == [("changed", path)]
    main["image"] = "z:1"
    assert [kind for kind, _ in found(old, new)] == ["removed", "added"]


def test_a_quantity_in_another_spelling_is_no_change() -> None:
    def pod(cpu: Any, size: Any) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu, "memory": size}}, "cpu": cpu}

    assert found(pod(8, "1Gi"), pod("8", "1024Mi")) == [("changed", "cpu")]
    assert found(pod("1", "x"), pod("1000m", "y"))[0] == ("changed", "resources.requests.memory")
