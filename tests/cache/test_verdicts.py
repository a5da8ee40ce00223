"""A kept verdict is that of equal content, and shows no secret."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.cache import store, verdicts
from stackgen.cache.verdicts import Verdicts, content
from stackgen.checks.context import Context
from stackgen.checks.policy import evaluate, pass_shipped
from stackgen.checks.schema import judge, pass_documents
from stackgen.findings.model import Finding
from stackgen.manifest.resource import Bundle, Resource
from stackgen.redact import redact
from tests.growth.manifests import manifests

TOKEN = "hf_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3f"
_scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.text(max_size=3)
_trees = st.recursive(
    _scalars,
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=2), x, max_size=3),
    max_leaves=8,
)


def shown(text: str) -> bool:
    return redact(text) == text


def exact(data: Any) -> Any:
    """Data with its types and the order of its keys."""
    if isinstance(data, dict):
        return [(key, exact(value)) for key, value in data.items()]
    if isinstance(data, list):
        return ["list", *map(exact, data)]
    return (type(data).__name__, repr(data))


@given(_trees, _trees)
def test_only_equal_data_has_equal_hashes(one: Any, other: Any) -> None:
    assert (content(one) == content(other)) == (exact(one) == exact(other))
    assert content(copy.deepcopy(one)) == content(one) != ""


def test_types_and_order_count_and_other_data_has_no_hash() -> None:
    several: list[Any] = [
        1,
        1.0,
        True,
        "1",
        [1],
        {"a": 1, "b": 2},
        {"b": 2, "a": 1},
        {1: 2},
        {"1": 2},
    ]
    assert len({content(one) for one in several}) == len(several)
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert [content(one) for one in (object(), deep)] == ["", ""]


def kept(where: Path) -> Verdicts:
    return Verdicts(str(where), "program")


def test_verdicts_are_kept_for_the_next_run(tmp_path: Path) -> None:
    first = kept(tmp_path)
    first.shelf("f", 1).put("a", [])
    first.shelf("f", 1).put("b", [["rule", ["x", 0], "message", True, False]])
    first.save(shown)
    second = kept(tmp_path)
    assert second.shelf("f", 1).get("b") == [["rule", ["x", 0], "message", True, False]]
    assert second.shelf("f", 1).get("a") == []
    assert second.shelf("f", 1).get("c") is None
    assert second.shelf("f", True).get("a") is None  # another basis
    assert second.shelf("g", 1).get("a") is None
    assert Verdicts(str(tmp_path), "other").shelf("f", 1).get("a") is None


def test_a_text_with_a_secret_is_not_kept(tmp_path: Path) -> None:
    first = kept(tmp_path)
    for key, verdict in (
        ("a", [{"deny": [{"msg": f"is {TOKEN}"}]}]),
        ("b", [{TOKEN: 1}]),
        ("c", []),
    ):
        first.shelf("f").put(key, verdict)
    first.save(shown)
    assert [kept(tmp_path).shelf("f").get(key) for key in "abc"] == [None, None, []]
    assert all(TOKEN.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_a_shelf_is_bounded_and_keeps_what_was_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "MOST", 3)
    for names in ("abc", "ad"):
        run = kept(tmp_path)
        for name in names:
            if run.shelf("f").get(name) is None:
                run.shelf("f").put(name, [])
        run.save(shown)
    assert [name for name in "abcd" if kept(tmp_path).shelf("f").get(name) is not None] == [*"abd"]
    monkeypatch.setattr(store, "LARGEST", 200)
    run = kept(tmp_path)
    run.shelf("f").put("e", [])
    run.save(shown)
    assert kept(tmp_path).shelf("f").get("e") == []


def test_a_damaged_shelf_is_empty(tmp_path: Path) -> None:
    run = kept(tmp_path)
    run.shelf("f").put("a", [])
    run.save(shown)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert kept(tmp_path).shelf("f").get("a") is None
    store.put(str(tmp_path), file.name, b"no shelf")
    assert kept(tmp_path).shelf("f").get("a") is None


OBJECTS = [data for _, data in manifests(1, "apart")]


def found(objects: list[Any], run: Verdicts) -> list[Finding]:
    bundle = Bundle(tuple(Resource(data, f"{n}.yaml") for n, data in enumerate(objects)))
    context = Context(bundle, release="odh-3.5", verdicts=run)
    return [*pass_documents.check(context), *pass_shipped.check(context)]


def leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items: Any = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from leaves(value, (*path, key))


@given(st.data())
@settings(max_examples=8, deadline=None)
def test_findings_are_the_same_with_and_without_verdicts(data: st.DataObject) -> None:
    objects = [data.draw(st.sampled_from(OBJECTS)) for _ in range(2)]
    changed = copy.deepcopy(objects[0])
    *above, last = data.draw(st.sampled_from([*leaves(changed)]))
    here = changed
    for step in above:
        here = here[step]
    here[last] = data.draw(_trees)
    run = Verdicts()
    for some in (objects, [*objects, changed], [changed, objects[1]]):
        assert found(some, run) == found(some, Verdicts())


KINDS = (
    ("example.org/v1", "Thing"),
    ("serving.kserve.io/v1beta1", "InferenceServce"),
    ("v1", "Podd"),
)


@pytest.mark.parametrize(("api", "kind"), KINDS)
def test_unknown_kinds_are_the_same_with_verdicts(api: str, kind: str) -> None:
    objects = [{"apiVersion": api, "kind": kind, "metadata": {"name": "a", "namespace": "b"}}]
    run = Verdicts()
    cold = found(objects, run)
    assert cold
    assert found(objects, run) == cold


def test_each_object_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    each, validate = evaluate.each, judge.validate
    monkeypatch.setattr(
        evaluate, "each", lambda job: asked.append(len(job["documents"])) or each(job)
    )
    monkeypatch.setattr(
        judge, "validate", lambda data, **more: asked.append(1) or validate(data, **more)
    )
    run = Verdicts()
    # A policy speaks of each object without a namespace.
    objects = [{**one, "metadata": {"name": one["metadata"]["name"]}} for one in OBJECTS[:6]]
    first = found(objects[:5], run)
    assert sum(asked) == 10
    assert [replace(x, places=()) for x in found(objects[:5], run)] == [
        replace(x, places=()) for x in first
    ]
    assert sum(asked) == 10
    found(objects, run)
    assert sum(asked) == 12


def test_a_set_is_judged_again_only_if_it_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    whole = evaluate.whole
    monkeypatch.setattr(
        evaluate, "whole", lambda job: asked.append(len(job["documents"])) or whole(job)
    )
    labels = {"app.kubernetes.io/managed-by": "stackgen"}

    def service(name: str, port: int) -> dict[str, Any]:
        metadata = {"name": name, "namespace": "b", "labels": labels}
        spec = {"ports": [{"port": port}]}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}

    def unique(objects: list[Any]) -> list[str]:
        return [x.message for x in found(objects, run) if x.rule.id == "gitops-unique-objects"]

    run = Verdicts()
    first = unique([service("a", 80), service("a", 81)])
    assert len(first) == 1
    assert unique([service("a", 80), service("a", 81)]) == first
    assert len(asked) == 1
    assert unique([service("a", 80), service("c", 81)]) == []
