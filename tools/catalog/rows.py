"""Rows of a catalog file as blocks of text, so that a refresh changes no other row."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CATALOG = Path(__file__).parents[2] / "generator" / "stackgen" / "catalog"
_START = re.compile(r"^(?:#[^\n]*\n)*([^\s#][^\n]*):$", re.MULTILINE)
_WIDTH = 100


def blocks(text: str) -> tuple[str, dict[str, str]]:
    """The text before the first row, and each row by its name, with the comment above it."""
    starts = list(_START.finditer(text))
    ends = [m.start() for m in starts[1:]] + [len(text)]
    rows = {m[1]: text[m.start() : end].rstrip("\n") for m, end in zip(starts, ends, strict=True)}
    return text[: starts[0].start()], rows


def joined(head: str, rows: Mapping[str, str]) -> str:
    """The file with these rows."""
    return head + "\n\n".join(rows.values()) + "\n"


def placed(rows: dict[str, str], key: str, text: str) -> None:
    """Set the row `key`: where it is, else after the last row of the same item (`ITEM/...`)."""
    item = key.partition("/")[0]
    alike = [name for name in rows if name.partition("/")[0] == item]
    if key in rows or not alike:
        comment = re.match(r"(?:#[^\n]*\n)*", rows.get(key, ""))
        rows[key] = (comment[0] if comment else "") + text
        return
    items = list(rows.items())
    at = list(rows).index(alike[-1]) + 1
    rows.clear()
    rows.update([*items[:at], (key, text), *items[at:]])


def row_text(key: str, fields: Mapping[str, Any]) -> str:
    """A row as the files write it: a field a line, short objects and lists in one line."""
    lines = [f"{key}:"]
    for name, value in fields.items():
        short = f"  {name}: {_flow(value)}"
        if len(short) <= _WIDTH or not isinstance(value, dict | list):
            lines.append(short)
        elif isinstance(value, dict):
            lines += [f"  {name}:", *(f"    {k}: {_flow(v)}" for k, v in value.items())]
        else:
            lines += [f"  {name}:", *(f"    - {_flow(v)}" for v in value)]
    return "\n".join(lines)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(v) for v in value) + "]"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.10g}"
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9 ./@()+_-]*", value) is not None
    return value if plain else json.dumps(value, ensure_ascii=False)
