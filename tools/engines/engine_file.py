"""The file of an engine in the catalog: options and variables by ranges of versions."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from ranges import ranges, text

OUTPUT = Path(__file__).parents[2] / "generator" / "stackgen" / "catalog" / "engines"
_ByVersion = Mapping[str, Mapping[str, str]]


def save(
    engine: str, source: str, versions: list[str], options: _ByVersion, variables: _ByVersion
) -> None:
    """Write the file. What is written by hand in it, `replaced` and `rules`, is kept.

    versions: the oldest first. options, variables: kinds of values by name, for each version.
    """
    path = OUTPUT / f"{engine}.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    document = {
        "source": source,
        "as_of": date.today().isoformat(),
        "versions": versions,
        "replaced": before.get("replaced", {}),
        "rules": before.get("rules", []),
        "options": ranges(versions, options),
        "variables": ranges(versions, variables),
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(text(document), encoding="utf-8")
