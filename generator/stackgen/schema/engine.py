"""One document in, every reason out for which an API server would refuse it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from stackgen.manifest.document import Path
from stackgen.manifest.shipped import shipped
from stackgen.schema import cross_field, node, structure
from stackgen.schema.native import metadata
from stackgen.schema.problem import Problem
from stackgen.schema.store import Known, SchemaCatalog
from stackgen.spelling import close, nearest

BUILT_IN = "kubernetes/kubernetes"
_DECODING = ("schema-unknown-field",)

_ALIKE = 0.8  # of short names, where one letter weighs more


def validate(data: Any, *, catalog: SchemaCatalog, previous: Any = None) -> list[Problem]:
    """The problems of one document, ordered by path; an accepted document has none.

    data: the object as decoded from YAML or JSON; it is not changed. previous: the object it
    replaces, when there is one: rules on what may not change need it.
    """
    if not isinstance(data, dict):
        message = "a Kubernetes object has the fields apiVersion, kind and metadata"
        return [Problem("schema-wrong-type", (), message)]
    identity = _identity(data)
    if identity:
        return identity
    group, _, version = data["apiVersion"].rpartition("/")
    known = catalog.find(group, version, data["kind"])
    if known is None:
        return [_unknown_kind(group, version, data["kind"], catalog)]
    problems = _native(data, group, known, previous)
    if problems is None:
        problems = _custom(data, known, previous)
    elif data["kind"] == "List" and not problems:
        problems = _items(data.get("items") or [], catalog)
    problems.sort(key=lambda p: tuple((isinstance(s, str), s) for s in p.path))
    return problems


def _native(data: dict[str, Any], group: str, known: Known, previous: Any) -> list[Problem] | None:
    """The problems of a built-in kind; None when it is none."""
    if "." in group and not group.endswith(".k8s.io"):
        return None  # saves the import for custom resources
    from stackgen.schema import native

    if (group, data["kind"]) not in native.KINDS:
        return None
    variant = known.path if known.project == BUILT_IN and known.label else ""
    return native.validate(data, previous, variant)


def _items(items: list[Any], catalog: SchemaCatalog) -> list[Problem]:
    """The problems of the objects in a List: clients send each by itself."""
    return [
        replace(problem, path=("items", i, *problem.path))
        for i, item in enumerate(items)
        for problem in validate(item, catalog=catalog)
    ]


def _identity(data: dict[str, Any]) -> list[Problem]:
    found = []
    for name in ("apiVersion", "kind"):
        value = data.get(name)
        if value is None or value == "":
            found.append(Problem("schema-missing-field", (name,), f"{name} is missing"))
        elif not isinstance(value, str):
            message = f"{name} is {structure.show(value)}; a string is needed"
            found.append(Problem("schema-wrong-type", (name,), message))
    return found


def _unknown_kind(group: str, version: str, kind: str, catalog: SchemaCatalog) -> Problem:
    versions = catalog.versions(group, kind)
    exact = [k for k in versions.values() if k.kind == kind]
    if exact:
        offered = ", ".join(sorted(versions))
        where = group or "the core group"
        message = f"{kind} has no version {version} in {where}; it has {offered}"
        # Custom resources are of the release that is installed, perhaps an earlier one.
        ours = any(k.project == BUILT_IN for k in exact)
        past = version in _earlier(group, kind) if ours else _is_past(version, versions)
        message += ", and perhaps earlier ones in earlier releases" if past else ""
        return Problem("schema-unknown-kind", ("apiVersion",), message, certain=not past)
    same_group = {k.kind: k for k in catalog.all() if k.group == group}
    # All kinds that are built into the server are known; others may be installed there.
    built_in = any(k.project == BUILT_IN for k in same_group.values())
    # A group with kinds that are not known here may have one that looks alike: slips alone count.
    near = (nearest if built_in else close)(kind, same_group)
    known = close(kind, same_group, _ALIKE) or _built_in(kind, catalog)
    if built_in and not group and not known:
        # Settings of other programs have `apiVersion: v1` and a kind of their own.
        near, built_in = None, False
    shown = f"{group}/{version}" if group else version
    message = f"no schema is known for {kind} of {shown}"
    if near:
        message += f' (did you mean "{near}"?)'
    if group and "." not in group and not same_group and _built_in(kind, catalog):
        # Groups of custom resources have a dot, so that this one was or is built in.
        there = min(k.group for k in catalog.all() if k.kind == kind and k.project == BUILT_IN)
        message = f"the API server has no group {group}; {kind} is in {there or 'the core group'}"
        return Problem("schema-unknown-kind", ("apiVersion",), message)
    # A server has alpha kinds where they are turned on.
    certain = built_in and (bool(near) or "alpha" not in version)
    foreign = not certain and not near
    return Problem("schema-unknown-kind", ("kind",), message, certain=certain, foreign=foreign)


def _earlier(group: str, kind: str) -> Collection[str]:
    """The versions of a built-in kind that supported releases of Kubernetes serve besides."""
    found: Collection[str] = (
        shipped(__file__, "earlier.yaml")["versions"].get(group, {}).get(kind, ())
    )
    return found


def _is_past(version: str, versions: Collection[str]) -> bool:
    """Whether a version is older than the newest that is known, as Kubernetes orders versions."""
    return (-1, 0, 0) < _order(version) < max(map(_order, versions))


def _order(version: str) -> tuple[int, int, int]:
    """Stable versions are newer than beta, and these than alpha ones; (-1, 0, 0) for others."""
    found = re.fullmatch(r"v(\d{1,9})(?:(alpha|beta)(\d{1,9}))?", version)
    if found is None:
        return -1, 0, 0
    return {"alpha": 0, "beta": 1, None: 2}[found[2]], int(found[1]), int(found[3] or 0)


def _built_in(kind: str, catalog: SchemaCatalog) -> bool:
    """Whether the server has the kind in some group."""
    return any(k.kind == kind and k.project == BUILT_IN for k in catalog.all())


def _custom(data: dict[str, Any], known: Known, previous: Any) -> list[Problem]:
    tree = node.tree(known.path)
    problems = metadata.validate(data.get("metadata"), known.scope == "Namespaced")
    try:
        prepared = node.prepare(data, tree.root, (), problems)
    except node.TooManyDefaultsError as error:
        return [*problems, Problem("schema-not-evaluated", (), str(error))]
    prepared["metadata"] = data.get("metadata") or {}
    # What a user's schema leaves undecided is a problem, too.
    if known.label == "user" or not structure.fits(prepared, tree):
        problems += structure.check(prepared, known.path, tree)
    if tree.embeds:
        problems += _embedded(prepared, tree.root, ())
    if tree.schema.get("x-kubernetes-status") and "status" in prepared:
        # The server drops status from what users write, after it has looked for unknown fields.
        problems = [p for p in problems if p.path[:1] != ("status",) or p.rule in _DECODING]
        del prepared["status"]
    if tree.ruled:
        # The server looks at rules between fields only when everything else holds. Here, those of a
        # part without a problem are checked too, so that one run reports them all.
        broken = frozenset(p.path[:n] for p in problems for n in range(len(p.path) + 1))
        earlier = previous if isinstance(previous, dict) else None
        try:
            old = node.prepare(earlier, tree.root, (), []) if earlier is not None else None
        except node.TooManyDefaultsError as error:
            return [Problem("schema-not-evaluated", (), f"the object as it was before: {error}")]
        problems += cross_field.check(prepared, tree.root, old, broken)
    return problems


def _embedded(value: Any, at: node.Node, path: Path) -> list[Problem]:
    """The problems in the metadata of objects inside the object."""
    found: list[Problem] = []
    if isinstance(value, dict):
        meta = value.get("metadata")
        if at.embedded and isinstance(meta, dict):
            here = (*path, "metadata")
            found += metadata.embedded(meta, here)
        for name, item in value.items():
            inner = at.child(name)
            if inner is not None:
                found += _embedded(item, inner, (*path, name))
    elif isinstance(value, list) and at.items is not None:
        for i, item in enumerate(value):
            found += _embedded(item, at.items, (*path, i))
    return found
