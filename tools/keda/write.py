"""Write `catalog/scalers.json`: the triggers of KEDA, and the settings that each of them reads.

    python tools/keda/write.py CLONE REVISION DATE

reads the source of KEDA in the folder CLONE. The settings are in the tags of Go structs. A scaler
that also reads settings in another way is marked as open. The same input gives the same bytes.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "..", "..", "generator", "stackgen", "catalog", "scalers.json")
CASE = re.compile(r"((?:case \"[^\n]+:\n(?:\s*//[^\n]*\n)*)+)\s*return scalers\.(New\w+)\(")
STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
TAG = re.compile(r"^\s*\w+\s+(\S+)\s+`keda:\"([^\"]*)\"", re.MULTILINE)
NAMED = re.compile(r"TriggerMetadata\[\"([^\"]+)\"\]")
OTHERWISE = re.compile(
    r"TriggerMetadata\[[^\"\]]|range config\.TriggerMetadata|getParameterFromConfig"
)
NUMBERS = re.compile(r"\*?(u?int|float)\d*\Z")


def read(*parts: str) -> str:
    with open(os.path.join(*parts), encoding="utf-8") as file:
        return file.read()


def fields_of(text: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Kinds by name, and names by what is true of them: `needed` in the metadata,
    `authenticated`: there or in an authentication, `removed`."""
    kinds: dict[str, str] = {}
    marks: dict[str, list[str]] = {"needed": [], "authenticated": [], "removed": []}
    for name, body in STRUCT.findall(text):
        for kind, tag in TAG.findall(body):
            parts = dict(
                (p.partition("=")[::2]) for p in re.split(r",\s*(?=\w+=|\w+\s*(?:,|\Z))", tag)
            )
            parts = {key.strip(): value.strip() for key, value in parts.items()}
            names = [one for one in parts.get("name", "").split(";") if one]
            orders = parts.get("order", "").split(";")
            if not names or orders == ["authParams"]:
                continue
            if "deprecated" in parts:
                marks["removed"] += names
                continue
            shown = "number" if NUMBERS.match(kind) else "boolean" if kind == "bool" else "string"
            if parts.get("enum"):
                shown = "|".join(sorted(parts["enum"].split(";")))
            kinds.update(dict.fromkeys(names, shown))
            free = {"optional", "default"} & parts.keys() or len(names) > 1
            if not free and name.lower().endswith("metadata"):
                marks["authenticated" if "authParams" in orders else "needed"] += names
    return kinds, {key: sorted(names) for key, names in marks.items() if names}


def main(arguments: list[str]) -> None:
    if len(arguments) != 3:
        raise SystemExit(__doc__)
    clone, revision, date = arguments
    folder = os.path.join(clone, "pkg", "scalers")
    files = {
        name: read(folder, name)
        for name in sorted(os.listdir(folder))
        if name.endswith(".go") and not name.endswith("_test.go")
    }
    shared = fields_of(read(folder, "authentication", "authentication_types.go"))[0]
    builder = read(clone, "pkg", "scaling", "scalers_builder.go")
    types: dict[str, Any] = {}
    for cases, function in CASE.findall(builder):
        text = next(t for t in files.values() if re.search(rf"^func {function}\(", t, re.MULTILINE))
        kinds, marks = fields_of(text)
        if "authentication.Config" in text:
            kinds = {**shared, **kinds}
        kinds = {**dict.fromkeys(NAMED.findall(text), "string"), **kinds}
        row: dict[str, Any] = {"fields": kinds, **marks}
        # Some are parsed in another file, or by code of their own.
        row |= {"open": True} if OTHERWISE.search(text) or not kinds else {}
        for name in re.findall(r"\"([^\"]+)\"", cases):
            types[name] = row
    found = {"source": f"kedacore/keda@{revision} pkg/scalers", "as_of": date, "types": types}
    with open(TARGET, "w", encoding="utf-8", newline="\n") as file:
        json.dump(found, file, sort_keys=True, indent=1)
        file.write("\n")
    print(f"{len(types)} triggers, {sum(len(t['fields']) for t in types.values())} settings")


if __name__ == "__main__":
    main(sys.argv[1:])
