"""Traces and impacts as text and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stackgen.escape import json_text, visible
from stackgen.manifest.document import show_path
from stackgen.origin import Origin, shown
from stackgen.provenance.impact import Hit
from stackgen.provenance.trace import Trace
from stackgen.record import as_json
from stackgen.table import wrapped

VERSION = 1


def trace_text(trace: Trace) -> str:
    """The place and its value, then the origin as a tree, the spec lines at its leaves."""
    where = f"{trace.resource.file}:{trace.line}:{trace.column}"
    value = shown(trace.value)
    head = f"{show_path(trace.path)}{' = ' + value if value else ''}"
    lines = [where, head, ""]
    _branch(trace.origin, "", "", lines, set())
    return "\n".join(map(visible, lines)) + "\n"


def origin_lines(origin: Origin, seen: set[int]) -> list[str]:
    """The origin as a tree, one line each; what is in `seen` is not taken apart again."""
    lines: list[str] = []
    _branch(origin, "", "", lines, seen)
    return [visible(line) for line in lines]


def _branch(origin: Origin, lead: str, below: str, lines: list[str], seen: set[int]) -> None:
    again = bool(origin.inputs) and id(origin) in seen
    text = _one_line(origin) + (" (shown above)" if again else "")
    bar = "│" if origin.inputs and not again else " "
    lines += wrapped(text, lead=lead, below=f"{below}{bar:<10}")
    if again:
        return
    seen.add(id(origin))
    for i, item in enumerate(origin.inputs):
        last = i == len(origin.inputs) - 1
        branch, space = ("└─ ", "   ") if last else ("├─ ", "│  ")
        _branch(item, below + branch, below + space, lines, seen)


def _one_line(origin: Origin) -> str:
    value = f" = {origin.value}" if origin.value else ""
    why = f": {origin.why}" if origin.why else ""
    if origin.kind == "spec":
        overlay = origin.file.split("/")[1] if origin.file.startswith("overlays/") else ""
        note = f" (overlay {overlay})" if overlay else ""
        return f"spec      {origin.file}:{origin.line}:{origin.column} {origin.name}{value}{note}"
    if origin.kind == "catalog":
        where = f" at {origin.file}:{origin.line}" if origin.file else ""
        return f"catalog   {origin.name}{value}{where} ({origin.source}; as of {origin.as_of}){why}"
    if origin.kind == "quirk":
        return f"quirk     {origin.name}{why} ({origin.source})"
    if origin.kind == "default":
        return f"default   {origin.name}{value}"
    return f"{origin.kind:<10}{origin.name}{value}{why}"


def trace_json(trace: Trace) -> str:
    """The trace as JSON: `{"version": 1, "file", "line", "column", "path", "value", "origin"}`."""
    content = {
        "version": VERSION,
        "file": trace.resource.file,
        "line": trace.line,
        "column": trace.column,
        "object": as_json(trace.resource, "kind", "namespace", "name"),
        "path": show_path(trace.path),
        "value": trace.value,
        "origin": _origin_json(trace.origin),
    }
    return json_text(content) + "\n"


def _origin_json(origin: Origin) -> dict[str, Any]:
    fields = {
        **as_json(origin, "kind", "name", "why", "value", "file", "line", "column", "source"),
        "as_of": origin.as_of,
    }
    content: dict[str, Any] = {key: value for key, value in fields.items() if value}
    if origin.inputs:
        content["inputs"] = [_origin_json(item) for item in origin.inputs]
    return content


def impact_text(hits: Iterable[Hit]) -> str:
    """One line for each rendered value, by file; what would appear comes with a plus."""
    lines: list[str] = []
    file = ""
    for hit in hits:
        if hit.file != file:
            file = hit.file
            lines.append(file if hit.kind != "file" else f"+ {file}")
        if hit.kind == "value":
            value = f" = {hit.value}" if hit.value else ""
            lines.append(f"  {hit.line}:{hit.column} {hit.path}{value}")
        elif hit.kind == "absent":
            lines.append(f"  + {hit.path}")
    return "\n".join(map(visible, lines)) + "\n" if lines else ""


def impact_json(spec: list[str], hits: Iterable[Hit]) -> str:
    """The impact as JSON: `{"version": 1, "spec": [...], "hits": [...]}`."""
    rows = [as_json(hit, "kind", "file", "line", "column", "path", "value") for hit in hits]
    content = {"version": VERSION, "spec": spec, "hits": rows}
    return json_text(content) + "\n"
