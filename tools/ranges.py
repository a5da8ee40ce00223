"""Tables of names by version, as data files keep them: by name, kinds with ranges of versions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence


def order(version: str) -> list[int]:
    """The numbers of a version, for sorting."""
    return [int(part) for part in re.findall(r"\d+", version)]


def ranges(
    versions: Sequence[str], tables: Mapping[str, Mapping[str, str]]
) -> dict[str, list[list[str]]]:
    """By name, the kinds with the first and the last version that has them.

    versions: ascending. tables: by version, the kind of each name.
    """
    found: dict[str, list[list[str]]] = {}
    for i, version in enumerate(versions):
        for name, kind in tables.get(version, {}).items():
            listed = found.setdefault(name, [])
            last = listed[-1] if listed else None
            if last and last[0] == kind and i and last[2] == versions[i - 1]:
                last[2] = version
            else:
                listed.append([kind, version, version])
    return {name: found[name] for name in sorted(found)}


def text(document: Mapping[str, object]) -> str:
    """JSON with one line for each name."""
    lines = []
    for key, value in document.items():
        if isinstance(value, dict) and value:
            rows = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            lines.append(f" {json.dumps(key)}: {{\n{rows}\n }}")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
