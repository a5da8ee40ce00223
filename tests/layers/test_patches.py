"""Patches of the spec: merged as Kubernetes merges, traced to their lines, never without effect."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from stackgen.layers.patches import Missed, apply_patches
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.origin import Origin, Traced, spec_origin
from stackgen.spec.model import Patch, PatchTarget
from tests.stacks import build_data

RULE = Origin("rule", "layer", "because")


def _leaves(value: Any, path: Path = ()) -> list[Path]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, key))]
    if isinstance(value, list) and value:
        return [leaf for i, item in enumerate(value) for leaf in _leaves(item, (*path, i))]
    return [path]


def _resource(spec: Any, name: str = "a", namespace: str = "n1") -> Resource:
    data = {"kind": "Thing", "metadata": {"name": name, "namespace": namespace}, "spec": spec}
    return Resource(data, f"{name}.yaml", origins=dict.fromkeys(_leaves(data), RULE))


def _traced(value: Any, path: Path) -> Traced[Any]:
    tree: Any = value
    if isinstance(value, dict):
        tree = {k: _traced(v, (*path, k)) for k, v in value.items()}
    elif isinstance(value, list):
        tree = [_traced(v, (*path, i)) for i, v in enumerate(value)]
    return Traced(tree, spec_origin(path, "stack.yaml", 1, 1, value))


def _patch(change: Any, name: str = "a", namespace: str | None = None) -> Patch:
    base: Path = ("spec", "patches", 0)

    def word(key: str, value: Any) -> Traced[Any]:
        return Traced(value, spec_origin((*base, "target", key), "stack.yaml", 1, 1, value))

    target = PatchTarget(word("kind", "Thing"), word("name", name), word("namespace", namespace))
    return Patch(target, _traced(change, (*base, "patch")))


def _apply(before: Any, change: Any) -> tuple[Resource, list[Missed]]:
    (after,), missed = apply_patches([_resource(before)], (_patch({"spec": change}),))
    return after, missed


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": {"b": 1}}, {"a": {"b": None}}, {"a": {}}),
        ({"a": {"b": 1}}, {"a": None}, {}),
        ({"a": {}}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 2}, {"a": {"b": [1, {"c": 3}]}}, {"a": {"b": [1, {"c": 3}]}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        # Lists of plain values are replaced.
        ({"a": [1, 2, 3]}, {"a": [4]}, {"a": [4]}),
        ({"a": [1]}, {"a": []}, {"a": []}),
        # Lists of items with a key merge by it; what is new comes last.
        (
            {"a": [{"name": "x", "v": 1}, {"name": "y", "v": 2}]},
            {"a": [{"name": "z", "v": 4}, {"name": "y", "w": 3}]},
            {"a": [{"name": "x", "v": 1}, {"name": "y", "v": 2, "w": 3}, {"name": "z", "v": 4}]},
        ),
        (
            {"a": [{"name": "x", "env": [{"name": "E", "value": "1"}]}]},
            {"a": [{"name": "x", "env": [{"name": "E", "value": "2"}, {"name": "F"}]}]},
            {"a": [{"name": "x", "env": [{"name": "E", "value": "2"}, {"name": "F"}]}]},
        ),
        (
            {"a": [{"mountPath": "/a", "name": "v"}, {"mountPath": "/b", "name": "v"}]},
            {"a": [{"mountPath": "/b", "name": "v", "readOnly": True}]},
            {"a": [
                {"mountPath": "/a", "name": "v"},
                {"mountPath": "/b", "name": "v", "readOnly": True},
            ]},
        ),
        # DNS over UDP and TCP: the port does not tell the items apart, so the list is replaced.
        (
            {"a": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]},
            {"a": [{"protocol": "TCP", "port": 853}]},
            {"a": [{"protocol": "TCP", "port": 853}]},
        ),
        ({"a": [{"x": 1}]}, {"a": [{"y": 2}]}, {"a": [{"y": 2}]}),
        ({"a": [{"name": "x", "v": {"p": 1}}]}, {"a": [{"name": "x", "v": {"p": None}}]},
         {"a": [{"name": "x", "v": {}}]}),
    ],
)  # fmt: skip
def test_merge(before: Any, change: Any, after: Any) -> None:
    kept = copy.deepcopy(before)
    patched, missed = _apply(before, change)
    assert patched.data["spec"] == after
    assert missed == []
    assert set(patched.origins) == set(_leaves(patched.data)), "every leaf has an origin, only they"
    assert before == kept, "what was given is not changed"


def test_what_the_patch_says_is_traced_to_the_patch_and_its_target() -> None:
    patched, _ = _apply({"a": 1, "b": 2, "c": 3}, {"b": 5, "c": None})
    assert patched.origins["spec", "a"] is RULE
    base = ("spec", "patches", 0)
    targets = {(*base, "target", key) for key in ("kind", "name", "namespace")}
    origin = patched.origins["spec", "b"]
    assert origin.spec_paths() == {(*base, "patch", "spec", "b"), *targets}
    assert patched.absent["spec", "c"].spec_paths() == {(*base, "patch", "spec", "c"), *targets}


def test_a_patch_meets_what_its_target_names() -> None:
    things = [_resource({}, "a", "n1"), _resource({}, "a", "n2"), _resource({}, "b", "n1")]
    after, missed = apply_patches(list(things), (_patch({"x": 1}),))
    assert [r.get("x") for r in after] == [1, 1, None]
    after, missed = apply_patches(list(things), (_patch({"x": 1}, namespace="n2"),))
    assert [r.get("x") for r in after] == [None, 1, None]
    assert missed == []


def test_patches_come_one_after_the_other() -> None:
    first, second = _patch({"spec": {"x": 1, "y": 1}}), _patch({"spec": {"y": 2}})
    (after,), _ = apply_patches([_resource({})], (first, second))
    assert after.data["spec"] == {"x": 1, "y": 2}


def test_a_patch_without_effect_is_told() -> None:
    _, missed = apply_patches([_resource({})], (_patch({"x": 1}, name="other"),))
    assert missed == [
        Missed(
            ("spec", "patches", 0, "target", "name"),
            "the patch for Thing other meets no rendered object",
        )
    ]
    _, missed = _apply({"a": 1}, {"b": None, "c": {"d": None}})
    place = ("spec", "patches", 0, "patch", "spec")
    assert missed == [
        Missed((*place, "b"), "Thing a has no spec.b to remove"),
        Missed((*place, "c", "d"), "Thing a has no spec.c.d to remove"),
    ]


# -- in a stack ----------------------------------------------------------------------------------


def _stack(patch: Any, kind: str = "LLMInferenceService", name: str = "qwen2-3b-pattern1") -> Any:
    data = copy.deepcopy(build_data("prod").loaded.data)
    data["spec"]["patches"] = [{"target": {"kind": kind, "name": name}, "patch": patch}]
    return build_data("prod", data, prove=True)


def test_a_patched_stack_keeps_an_origin_for_every_leaf() -> None:
    compiled = _stack({"spec": {"template": {"containers": [
        {"name": "main", "livenessProbe": None, "env": [{"name": "A", "value": "b"}]},
    ]}}})  # fmt: skip
    (service,) = compiled.bundle.of_kind("LLMInferenceService")
    container = service.get("spec", "template", "containers", 0)
    assert "livenessProbe" not in container
    assert container["env"][-1] == {"name": "A", "value": "b"}
    assert len(container["env"]) == 7
    assert set(service.origins) == set(_leaves(service.data))
    assert not [f for f in compiled.findings if f.rule.family == "schema"]


def test_a_patch_that_breaks_the_schema_is_found_at_its_line() -> None:
    compiled = _stack({"spec": {"replicas": "many"}})
    (finding,) = [f for f in compiled.findings if f.rule.id == "schema-wrong-type"]
    place = finding.places[0]
    assert place.resource is not None and place.path == ("spec", "replicas")
    origin = place.resource.origins[place.path]
    lines = [o for o in origin.leaves() if o.path[-1:] == ("replicas",)]
    assert [o.path for o in lines] == [("spec", "patches", 0, "patch", "spec", "replicas")]


def test_a_patch_may_not_rename_and_must_have_an_effect() -> None:
    for patch, message in (
        ({"metadata": {"name": "other"}}, "a patch cannot change metadata.name"),
        ({"kind": "Other"}, "a patch cannot change kind"),
        (
            {"spec": {"replica": None}},
            "LLMInferenceService qwen2-3b-pattern1 has no spec.replica to remove",
        ),
    ):
        told = [f.message for f in _stack(patch).findings if f.rule.id == "spec-patch-target"]
        assert told == [message]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("x", "metadata"),
        ([{"x": 1}], "metadata"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": None}, "metadata"),
        ({"metadata": {"name": None}}, "metadata.name"),
        ({"metadata": {"name": ["a"]}}, "metadata.name"),
        ({"metadata": {"namespace": "other"}}, "metadata.namespace"),
        ({"kind": None}, "kind"),
        ({"apiVersion": 1}, "apiVersion"),
    ],
)
def test_a_patch_that_makes_another_object_is_told_and_changes_nothing(
    change: Any, what: str
) -> None:
    before = _resource({"x": 1})
    (after,), (missed,) = apply_patches([before], (_patch(change),))
    assert after == before
    assert missed.path == ("spec", "patches", 0, "patch")
    assert missed.message == f"the patch changes {what} of Thing a; it stays as it is"
