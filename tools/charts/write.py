"""Write `catalog/charts/<chart>.json`: which values each version of a Helm chart reads, with types.

    python tools/charts/write.py CHARTS

reads the charts CHARTS/<chart>/<version>/ that `sources.tsv` names, with what they depend on in
their folder `charts/`, and writes a file for each chart. A version that is not there keeps what the
file has. The values come from the templates, the default values and `values.schema.json`. Names,
types and choices are kept, and no text. The same input gives the same bytes.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from typing import Any

import yaml

from stackgen.manifest.helm import Used, charts_in, texts, used

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "..", "..", "generator", "stackgen", "catalog", "charts")
TYPES = {bool: "boolean", str: "string", int: "number", float: "number", list: "list"}
SCHEMA_TYPES = {"integer": "number", "array": "list"}
# Istio's charts keep their defaults below a key of their own.
INNER = "_internal_defaults_do_not_set"
ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
# How a template takes an object as a whole.
WHOLE = re.compile(r"toYaml|toJson|toPrettyJson|merge|Merge|range|tpl |deepCopy|fromYaml")
WORD = re.compile(r"\.([A-Za-z_]\w*)|\"([A-Za-z_][\w-]*)\"")
Node = Any


def read(path: str) -> Any:
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return (json.load(file) if path.endswith(".json") else yaml.safe_load(file)) or {}


def defaults(folder: str) -> dict[str, Any]:
    """The default values of a chart, and below their names those of the charts that it contains."""
    own = dict(read(os.path.join(folder, "values.yaml")))
    own |= own.pop(INNER, {})
    inner = os.path.join(folder, "charts")
    alias = {
        needed["name"]: needed.get("alias") or needed["name"]
        for needed in read(os.path.join(folder, "Chart.yaml")).get("dependencies") or ()
    }
    for name in sorted(os.listdir(inner)) if os.path.isdir(inner) else ():
        if not os.path.isdir(os.path.join(inner, name)):
            continue
        title = read(os.path.join(inner, name, "Chart.yaml")).get("name", name)
        key = alias.get(title, title)
        below = defaults(os.path.join(inner, name))
        # A library is written for the values of its parent.
        below = below.get(key, below) if isinstance(below.get(key), dict) else below
        given = own.get(key)
        own[key] = {**below, **given} if isinstance(given, dict) else below
    return own


def resolved(schema: Any, root: Any) -> Any:
    """A schema with its reference followed."""
    while isinstance(schema, dict) and "$ref" in schema:
        step: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            step = step.get(part, {}) if isinstance(step, dict) else {}
        schema = step
    return schema if isinstance(schema, dict) else {}


def by_name(path: tuple[str, ...], default: Any, text: str) -> bool:
    """Whether the templates read the keys of an object one by one, and do not print it as it is."""
    if not isinstance(default, dict) or not default:
        return False
    if not all(re.search(rf"\.{re.escape(str(key))}\b", text) for key in default):
        return False
    if not path:
        return True
    last = rf"\.{re.escape(path[-1])}\b(?![.\w])"
    for action in ACTION.finditer(text):
        if not re.search(last, action[0]):
            continue
        after = text[action.end() : action.end() + 300] if "with" in action[0] else ""
        if WHOLE.search(action[0]) or "toYaml ." in after:
            return False
    return True


def node(
    default: Any,
    schema: Any,
    root: Any,
    seen: Used | None,
    text: str,
    path: tuple[str, ...] = (),
    printed: bool = False,
) -> Node:
    """A type, a list of choices, or an object by key, as `stackgen.catalog.charts` has it."""
    schema = resolved(schema, root)
    properties = schema.get("properties") or {}
    reads = seen.paths if seen is not None else frozenset()
    whole = seen is None or any(path[: len(p)] == p for p in reads)
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds or []
    keys = {*properties, *(default if isinstance(default, dict) else ())}
    if not whole or properties:
        keys |= {p[len(path)] for p in reads if p[: len(path)] == path and len(p) > len(path)}
    if keys and (not kinds or "object" in kinds):
        found: dict[str, Node] = {}
        strict = schema.get("additionalProperties") is False
        takes = not strict and (whole or bool(schema.get("additionalProperties")))
        named = not printed and by_name(path, default, text)
        # What is printed as it is takes any key, on all levels.
        printed = takes and not named and path != ()
        for key in sorted(map(str, keys)):
            inner = default.get(key) if isinstance(default, dict) else None
            found[key] = node(inner, properties.get(key), root, seen, text, (*path, key), printed)
        if strict:
            found["!"] = True
        elif takes:
            found["~" if named else "*"] = True
        return found
    if isinstance(schema.get("enum"), list):
        return [one for one in schema["enum"] if isinstance(one, str | int | bool)]
    if len(kinds) == 1:
        kind = SCHEMA_TYPES.get(kinds[0], kinds[0])
        items = resolved(schema.get("items"), root) if kind == "list" else {}
        # Items that take any key, such as containers, are not described.
        if items.get("properties") and items.get("additionalProperties") is False:
            return {"[]": node(None, items, root, seen, text, path)}
        return kind if kind != "null" else "any"
    if kinds or default is None:
        return "any"
    return "object" if isinstance(default, dict) else TYPES[type(default)]


def words(values: Node, text: str) -> list[str]:
    """What the templates name, of objects whose keys they read one by one."""
    if '"~"' not in json.dumps(values):
        return []
    return sorted({name for found in WORD.findall(text) for name in found if name})


def values_of(folder: str, text: str) -> Node:
    schema = read(os.path.join(folder, "values.schema.json"))
    found = used(folder, "")
    made = node(defaults(folder), schema, schema, found, text)
    for name in found.others if found is not None else ():
        # What a chart that is not here reads is not known.
        if found is not None and found.others[name] is None:
            made[name] = "any"
    return made


def main(arguments: list[str]) -> None:
    if not arguments:
        raise SystemExit(__doc__)
    with open(os.path.join(HERE, "sources.tsv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    charts: dict[str, dict[str, Any]] = {}
    for row in rows:
        charts.setdefault(row["chart"], {})[row["version"]] = row
    os.makedirs(TARGET, exist_ok=True)
    for chart, versions in sorted(charts.items()):
        path = os.path.join(TARGET, f"{chart}.json")
        before = read(path).get("versions", {})
        made = {}
        for version, row in sorted(versions.items()):
            folder = os.path.join(arguments[0], chart, version)
            if not os.path.isdir(folder):
                made[version] = before[version]
                continue
            text = "\n".join(texts(folder, charts_in(folder)))
            values = values_of(folder, text)
            made[version] = {
                "source": f"{row['project']}@{row['revision']} {row['path']}",
                "as_of": row["as_of"],
                "checked": os.path.exists(os.path.join(folder, "values.schema.json")),
                "values": values,
                "words": words(values, text),
            }
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            json.dump(
                {"chart": chart, "versions": made}, file, sort_keys=True, separators=(",", ":")
            )
            file.write("\n")
        print(f"{chart}: {', '.join(made)}, {os.path.getsize(path) // 1024} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
