"""What can stand at a cursor in stack.yaml: keys, and values that the catalog and the spec know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from stackgen.catalog.load import Catalog
from stackgen.editor.cursor import Cursor
from stackgen.findings.rules import all_rules
from stackgen.record import record
from stackgen.report.field_text import UnknownFieldError, find
from stackgen.spec.fields import shipped_schema

_POOL_NAME = re.compile(r"name:\s*([a-z0-9-]+)")


@record
class Offer:
    """A text to insert. kind: key or value. detail: in a few words what it is."""

    text: str
    kind: str
    detail: str = ""


def offers(at: Cursor, text: str, catalog: Catalog) -> list[Offer]:
    """What can stand at `at`. text: of the file, whose pools and models are names as well."""
    if at.key:
        path = ".".join((*at.path, at.key))
        return [o for o in _values(path, text, catalog) if o.text.startswith(at.typed)]
    try:
        node = find(shipped_schema(), ".".join(at.path)).schema
    except UnknownFieldError:
        return []
    node = node.get("items", node)
    return [
        Offer(name, "key", str(inner.get("description", "")))
        for name, inner in node.get("properties", {}).items()
        if name.startswith(at.typed)
    ]


def _values(path: str, text: str, catalog: Catalog) -> Iterator[Offer]:
    try:
        node = find(shipped_schema(), path).schema
    except UnknownFieldError:
        return
    node = node.get("items", node)
    if node.get("type") == "boolean":
        yield from (Offer(word, "value") for word in ("true", "false"))
    yield from (Offer(str(value), "value") for value in node.get("enum", ()))
    known = [Offer(name, "value", what) for name, what in named(path, text, catalog)]
    yield from known
    if not known:
        yield from (Offer(str(v), "value", "example") for v in node.get("examples", ()))


def named(path: str, text: str, catalog: Catalog) -> Iterable[tuple[str, str]]:
    """Names of the catalog, of rules, and of the stack itself, for the fields that take them."""
    if path == "spec.release":
        return _rows(catalog, "release", "release")
    if path in ("spec.cluster.location", "spec.cluster.nodePools.zone"):
        zones = [zone for row in catalog.rows("region") for zone in row.data["zones"]]
        return ((zone, "zone") for zone in sorted(zones))
    if path == "spec.cluster.nodePools.accelerator":
        return _rows(catalog, "accelerator", "accelerator")
    if path == "spec.cluster.nodePools.topology":
        return _topologies(text, catalog)
    if path == "spec.cluster.nodePools.machineType":
        return _rows(catalog, "machine", "machine type")
    if path == "spec.serving.models.model":
        return ((f"hf://{name}", "model of the catalog") for name in catalog.names("model"))
    if path == "spec.serving.models.nodePool":
        part = text.partition("nodePools:")[2].partition("\n  gateway:")[0]
        part = part.partition("\n  serving:")[0]
        return ((name, "node pool") for name in dict.fromkeys(_POOL_NAME.findall(part)))
    if path == "spec.suppress.rule":
        return ((rule.id, rule.summary) for rule in all_rules().values())
    return ()


def _rows(catalog: Catalog, kind: str, what: str) -> Iterator[tuple[str, str]]:
    return ((name, what) for name in catalog.names(kind))


def _topologies(text: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Of the accelerators that the text names, or of all."""
    names = catalog.names("accelerator")
    used = [n for n in names if re.search(rf"accelerator:\s*{re.escape(n)}\b", text)] or names
    yield "auto", "the cheapest that holds the models"
    shown: set[str] = set()
    for name in used:
        for row in sorted(catalog.topologies(name), key=lambda r: r.data["chips"]):
            topology = str(row.value("topology").value)
            if topology not in shown:
                shown.add(topology)
                yield topology, f"{name}, {row.data['chips']} chips"
