"""How a rendered stack differs from another: a small file of facts stands for a rendered tree.

A file of facts says exactly what one stack has and the other has not:

    from: minimal            # a stack of tests/cases/stacks, reference/ENV or PATTERN/ENV
    renamed: {qwen: chat}    # texts of the other stack that are other texts in this one
    gone: [Namespace/a]      # objects of the other stack that this one does not have
    new:                     # objects that only this one has: comments and content, or
      Job/b: {spec: {...}}
      Job/c:                 # what differs from another object of this stack, apart from the name
        like: Job/b
        changed: {...}
    changed:                 # what differs in objects that both have: before and after
      Namespace/d, Namespace/e:
        metadata.labels.team: [null, models]

Everything else is equal. So the facts protect as much as the rendered files do, as long as the
other stack is protected: by files that are committed, or by facts of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stackgen import paths
from stackgen.compiler import Compiled, compile_environment, environments
from stackgen.manifest.document import show_path
from stackgen.manifest.resource import Resource
from stackgen.starter import patterns
from tests.stacks import ROOT

STACKS = ROOT / "tests" / "cases" / "stacks"
Leaves = dict[str, Any]
COMMON = ("app.kubernetes.io/managed-by", "app.kubernetes.io/part-of")  # labels of every object
INDEX = "kustomization.yaml"  # tests/test_kustomize.py holds the index files against the objects


@cache
def compiled(name: str) -> Compiled:
    """The stack of that name, compiled and not proven: NAME, reference/ENV or PATTERN/ENV."""
    stack, _, env = name.partition("/")
    if not env:
        root = str(STACKS / stack)
        return compile_environment(root, environments(root)[0], prove=False)
    root = paths.patterns(stack) if stack in patterns.names() else str(ROOT)
    return compile_environment(root, env, prove=False)


def facts_of(before: str, after: str, renamed: Mapping[str, str]) -> dict[str, Any]:
    """What is in a file of facts, as it is now; `new` holds the whole of each object."""
    old = {put(key, renamed): _renamed(x, renamed) for key, x in _objects(before).items()}
    new = _objects(after)
    changes: dict[str, dict[str, list[Any]]] = {
        _label(key): _changes(_leaves_of(old[key]), _leaves_of(new[key]))
        for key in sorted(old.keys() & new.keys())
    }
    return {
        "gone": sorted(_label(key) for key in old.keys() - new.keys()),
        "new": {_label(key): new[key] for key in sorted(new.keys() - old.keys())},
        "changed": {label: change for label, change in changes.items() if change},
    }


def read(file: Path) -> dict[str, Any]:
    """A file of facts: groups of objects taken apart."""
    facts = yaml.safe_load(file.read_text(encoding="utf-8"))
    changed: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    for labels, changes in facts.get("changed", {}).items():
        for label in labels.split(", "):
            assert not changed[label].keys() & changes.keys(), label
            changed[label].update(changes)
    return {
        "from": facts["from"],
        "renamed": facts.get("renamed", {}),
        "gone": sorted(facts.get("gone", [])),
        "new": facts.get("new", {}),
        "changed": dict(changed),
    }


def hold(file: Path, name: str) -> None:
    """Assert that the facts of `file` are exactly what the stack `name` differs by."""
    wanted = read(file)
    found = facts_of(wanted.pop("from"), name, wanted.pop("renamed"))
    objects = {_label(key): x for key, x in _objects(name).items()}
    for label, said in wanted["new"].items():
        if "like" in said and label in found["new"]:
            found["new"][label] = {
                "like": said["like"], **_unlike(objects, said["like"], label)
            }  # fmt: skip
    assert found == wanted


def put(value: Any, renamed: Mapping[str, str]) -> Any:
    """The value with every text of `renamed` replaced, if it is text."""
    for old, new in renamed.items():
        value = value.replace(old, new) if isinstance(value, str) else value
    return value


def _unlike(objects: Mapping[str, Any], like: str, label: str) -> dict[str, Any]:
    renamed = {like.partition("/")[2]: label.partition("/")[2]}
    changed = _changes(_leaves_of(_renamed(objects[like], renamed)), _leaves_of(objects[label]))
    return {"changed": changed} if changed else {}


def _changes(before: Leaves, after: Leaves) -> dict[str, list[Any]]:
    return {
        path: [before.get(path), after.get(path)]
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    }


def _label(key: str) -> str:
    """Kind/name; objects of the management cluster are told from those of the other."""
    folder, _, name = key.partition(" ")
    return f"management {name}" if folder == "delivery/management-cluster" else name


def _objects(name: str) -> dict[str, Any]:
    """Comments and content of each file by folder, kind and name; without `COMMON`."""
    bundle = compiled(name).bundle
    assert bundle is not None
    return {_key(r): _told(r) for r in bundle.resources if not r.file.endswith(f"/{INDEX}")}


def _key(resource: Resource) -> str:
    folder, _, file = resource.file.split("/", 2)[2].rpartition("/")
    return f"{folder} {resource.kind}/{resource.name}" if resource.kind else f"{folder} {file}"


def _told(resource: Resource) -> dict[str, Any]:
    data = {k: v for k, v in resource.data.items() if k != "kind"}
    meta = {k: v for k, v in data.pop("metadata", {}).items() if k not in ("name", "labels")}
    labels = resource.metadata.get("labels", {}).items()
    told = {
        "notes": list(resource.notes),
        "metadata": {**meta, "labels": {k: v for k, v in labels if k not in COMMON}},
        **data,
    }
    told["metadata"] = {k: v for k, v in told["metadata"].items() if v}
    return {k: v for k, v in told.items() if v not in ({}, [])}


def _renamed(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {put(k, renamed): _renamed(v, renamed) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(v, renamed) for v in value]
    return put(value, renamed)


def _leaves_of(value: Any) -> Leaves:
    return {show_path(path): leaf for path, leaf in _leaves(value)}


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Any]]:
    inner: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    elif isinstance(value, str) and path[-1:] in (("deployment",), ("serving.json",)):
        inner = yaml.safe_load(value).items()  # YAML or JSON in a ConfigMap
    if not inner or not value:
        yield path, value
    for key, item in inner:
        yield from _leaves(item, (*path, key))
