"""What can stand at a cursor in stack.yaml: keys, and values that the catalog and the spec know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from stackgen.catalog.load import Catalog
from stackgen.findings.rules import all_rules
from stackgen.record import record
from stackgen.regex import regex
from stackgen.report.field_text import UnknownFieldError, find
from stackgen.spec.fields import shipped_schema

# Where a cursor stands in a YAML text that may be half typed: the path, and key or value.
#
# The text need not be valid, so no parser reads it: indentation and brackets up to the cursor
# tell.

_DASHES = regex(r"\s*(?:- +)*")
_KEY = regex(r"""["']?([A-Za-z0-9_.-]+)["']?\s*:(?:\s|$)""")
_OPEN, _CLOSE = "{[", "}]"


@record
class Cursor:
    """path: the keys above. key: whose value stands there; empty where a key does.

    typed: what already exists. start: the column where that begins, 0-based. siblings: keys of
    the same mapping on the same line or list item, with their values.
    """

    path: tuple[str, ...]
    key: str
    typed: str
    start: int


def cursor(lines: Sequence[str], line: int, character: int) -> Cursor | None:
    """The cursor at a line and a character, both 0-based; None in a comment."""
    before = lines[line][:character] if line < len(lines) else ""
    if re.search(r"(^|\s)#", before):
        return None
    column = _DASHES.match(before).end()  # type: ignore[union-attr]
    keys, key, typed = _in_line(before[column:])
    path = (*_above(lines, line, column, dashed="- " in before[:column]), *keys)
    return Cursor(path, key, typed, character - len(typed))


def _in_line(text: str) -> tuple[list[str], str, str]:
    """Of the part of a line before the cursor: keys it is below, the key, and what is typed."""
    keys: list[str] = []
    opened: list[int] = []
    start, key = 0, ""
    for index, letter in enumerate(text):
        if letter in _OPEN:
            if key:
                keys.append(key)
            opened.append(1 if key else 0)
            start, key = index + 1, ""
        elif letter in _CLOSE and opened:
            if opened.pop():
                keys.pop()
            start, key = index + 1, ""
        elif letter == "," and opened:
            start, key = index + 1, ""
        elif letter == ":" and not key:
            found = _KEY.match(text[start:].lstrip() + " ")
            if found and text[index + 1 : index + 2] in ("", " "):
                key, start = found[1], index + 1
    return keys, key, text[start:].lstrip()


def _above(lines: Sequence[str], line: int, column: int, *, dashed: bool) -> tuple[str, ...]:
    """The keys of the lines above under which a key at `column` stands."""
    keys: list[str] = []
    # Below a dash, what holds the list stands at the dash or left of it.
    limit = _dash(lines[line]) + 1 if dashed else column
    for text in reversed(lines[:line]):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        at = _DASHES.match(text).end()  # type: ignore[union-attr]
        found = _KEY.match(text[at:])
        is_item = "- " in text[:at]
        if is_item and not dashed and at == column:
            # The first key of the item that the cursor is in.
            limit, dashed = _dash(text) + 1, True
        elif at < limit and found and (not is_item or at < column):
            keys.insert(0, found[1])
            limit = _dash(text) + 1 if is_item else at
            dashed, column = is_item, at
        if limit == 0:
            break
    return tuple(keys)


def _dash(text: str) -> int:
    return len(text) - len(text.lstrip())


_NAME = regex(r"name:\s*([a-z0-9-]+)")


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
    # An entry of `fallback` has the fields of its node pool.
    path = path.replace("nodePools.fallback.zones", "nodePools.zone")
    path = path.replace("nodePools.fallback.", "nodePools.")
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
    if path in ("spec.serving.models.nodePool", "spec.serving.models.prefill.nodePool"):
        return ((name, "node pool") for name in _names(text, "nodePools"))
    if path == "spec.gateway.tenants.apiKeys":
        return ((name, "API key") for name in _names(text, "apiKeys"))
    if path == "spec.suppress.rule":
        return ((rule.id, rule.summary) for rule in all_rules().values())
    return ()


def _names(text: str, key: str) -> list[str]:
    """The names below the first key of this name, in a text that need not be YAML yet."""
    part: list[str] = []
    depth = -1
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        item = line.lstrip().startswith("-")
        if line.strip() and (indent < depth or (indent == depth and not item)):
            break
        if depth >= 0:
            part.append(line)
        elif f"{key}:" in line:
            depth = indent
            part.append(line.partition(f"{key}:")[2])
    return list(dict.fromkeys(_NAME.findall("\n".join(part))))


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
