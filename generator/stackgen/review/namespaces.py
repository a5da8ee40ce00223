"""Labels of a Namespace that something reads: selectors of other objects, and the mesh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.facts.shape import as_dict
from stackgen.manifest.document import show_path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import Selector, labels_of, selector
from stackgen.review.model import Consequence, Side
from stackgen.review.risks import consequence
from stackgen.wording import few

_MESH = ("istio-injection", "istio.io/rev", "istio.io/dataplane-mode")


def of_labels(old: Resource, new: Resource, before: Side, after: Side) -> Iterator[Consequence]:
    """Objects whose selectors chose the namespace and do not any more, or the other way."""
    if (new.group, new.kind) != ("", "Namespace"):
        return
    was, now = labels_of(old.metadata), labels_of(new.metadata)
    changed = {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)}
    if not changed:
        return
    for key in sorted(changed & {*_MESH}):
        yield consequence("namespace-mesh", show_path(("metadata", "labels", key)))
    left = _choosing(before.objects, changed, was) - _choosing(after.objects, changed, now)
    come = _choosing(after.objects, changed, now) - _choosing(before.objects, changed, was)
    if left:
        routes = any(kind in ("Gateway", "ListenerSet") for kind, _ in left)
        row = "namespace-not-routed" if routes else "namespace-not-selected"
        yield consequence(row, objects=few(f"{k} {n}" for k, n in sorted(left)))
    if come:
        yield consequence("namespace-selected", objects=few(f"{k} {n}" for k, n in sorted(come)))


def _choosing(
    objects: Iterable[Resource], changed: set[str], labels: dict[str, str]
) -> set[tuple[str, str]]:
    """Kind and name of the objects that choose a namespace with these labels by a changed one."""
    return {
        (one.kind, one.name)
        for one in objects
        for chosen in _selectors(one.data)
        if any(r.key in changed for r in chosen.requirements) and chosen.matches(labels)
    }


def _selectors(data: Any) -> Iterator[Selector]:
    """What an object chooses namespaces by, wherever it does."""
    stack = [data]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack += one
        elif isinstance(one, dict):
            for key, value in one.items():
                if str(key).lower().endswith("namespaceselector"):
                    yield selector(as_dict(value))
                elif key == "namespaces" and isinstance(value, dict) and "selector" in value:
                    yield selector(as_dict(value["selector"]))
                else:
                    stack.append(value)
