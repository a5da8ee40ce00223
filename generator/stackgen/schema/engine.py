"""One document in, every reason out for which an API server would refuse it."""

from __future__ import annotations

from typing import Any

from stackgen.schema import cross_field, metadata, node, structure
from stackgen.schema.problem import Problem
from stackgen.schema.store import Catalogue, Known
from stackgen.spelling import nearest

_DECODING = ("schema-unknown-field",)


def validate(data: Any, *, catalogue: Catalogue, previous: Any = None) -> list[Problem]:
    """The problems of one document, ordered by path; an accepted document has none.

    data: the object as decoded from YAML or JSON; it is not changed. previous: the object it
    replaces, when there is one: rules on what may not change need it.
    """
    if not isinstance(data, dict):
        message = "a Kubernetes object is a map with apiVersion, kind and metadata"
        return [Problem("schema-wrong-type", (), message)]
    identity = _identity(data)
    if identity:
        return identity
    group, slash, version = data["apiVersion"].rpartition("/")
    group = group if slash else ""
    known = catalogue.find(group, version, data["kind"])
    if known is None:
        return [_unknown_kind(group, version, data["kind"], catalogue)]
    problems = _custom(data, known, previous)
    problems.sort(key=lambda p: tuple((isinstance(s, str), s) for s in p.path))
    return problems


def _identity(data: dict[str, Any]) -> list[Problem]:
    found = []
    for name in ("apiVersion", "kind"):
        value = data.get(name)
        if value is None or value == "":
            found.append(Problem("schema-missing-field", (name,), f"{name} is missing"))
        elif not isinstance(value, str):
            message = f"{name} is {structure.show(value)}; a text is needed"
            found.append(Problem("schema-wrong-type", (name,), message))
    return found


def _unknown_kind(group: str, version: str, kind: str, catalogue: Catalogue) -> Problem:
    versions = catalogue.versions(group, kind)
    shown = f"{group}/{version}" if group else version
    exact = [k for k in versions.values() if k.kind == kind]
    if exact:
        offered = ", ".join(sorted(versions))
        message = (
            f"{kind} has no version {version} in {group or 'the core group'}; it has {offered}"
        )
        return Problem("schema-unknown-kind", ("apiVersion",), message)
    near = nearest(kind, {k.kind for k in catalogue.all() if k.group == group})
    message = f"no schema is known for {kind} of {shown}"
    if near:
        message += f' (did you mean "{near}"?)'
    return Problem("schema-unknown-kind", ("kind",), message)


def _custom(data: dict[str, Any], known: Known, previous: Any) -> list[Problem]:
    tree = node.tree(known.path)
    problems = metadata.validate(data.get("metadata"), known.scope == "Namespaced")
    prepared = node.prepare(data, tree.root, (), problems)
    prepared["metadata"] = data.get("metadata") or {}
    problems += structure.check(prepared, known.path, tree)
    if tree.schema.get("x-kubernetes-status") and "status" in prepared:
        # The server drops status from what users write, after it has looked for unknown fields.
        problems = [p for p in problems if p.path[:1] != ("status",) or p.rule in _DECODING]
        del prepared["status"]
    if tree.ruled and not problems:
        # The server looks at rules between fields only when everything else holds.
        earlier = previous if isinstance(previous, dict) else None
        old = node.prepare(earlier, tree.root, (), []) if earlier is not None else None
        problems += cross_field.check(prepared, tree.root, old)
    return problems
