"""Make the schema files of custom resources, and the MANIFEST of all schema files.

    python tools/schemas/crds.py DEFINITIONS [FOLDER]

reads the CustomResourceDefinitions (JSON or YAML) that `sources.tsv` names, relative to the folder
DEFINITIONS or to `definitions/` beside this file (fields written down by hand), and writes
`FOLDER/<group>/<kind>_<version>.json` (default `schemas/`), or below `FOLDER/variants/<label>/` for
rows with a label. A missing definition keeps the schema files and rows that it has. Rules
between fields come from `schemas/rules.yaml`; a rule of a definition that is not restated there
stops the run. A field of `defaulted.tsv` is not required: a webhook of the project sets it before
the definition is checked. The same input gives the same bytes.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from typing import Any

import yaml

from stackgen.schema.condense import Condensed, condense, to_text
from stackgen.schema.importer import load

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = (
    "label",
    "group",
    "version",
    "kind",
    "scope",
    "storage",
    "file",
    "project",
    "release",
    "as_of",
)
Row = dict[str, str]


def read(path: str) -> Any:
    with open(path, "rb") as file:
        return json.load(file) if path.endswith(".json") else yaml.safe_load(file)


def definition(folder: str, name: str) -> Any:
    """The definition; None when neither folder has it."""
    places = (os.path.join(HERE, "definitions", name), os.path.join(folder, name))
    return next((read(place) for place in places if os.path.exists(place)), None)


def with_defaults(found: Any, name: str) -> Any:
    """The definition without `required` for what a webhook sets. Paths go from the root."""
    with open(os.path.join(HERE, "defaulted.tsv"), encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["definition"] == name]
    for version in found["spec"]["versions"] if rows else ():
        for row in rows:
            *parents, field = row["field"].split(".")
            node = version["schema"]["openAPIV3Schema"]
            for step in parents:
                node = node["items"] if step == "*" else node["properties"][step]
            node["required"].remove(field)
    return found


def kept(folder: str, absent: list[str]) -> list[Row]:
    """The rows of the MANIFEST for definitions that do not exist."""
    with open(os.path.join(folder, "MANIFEST"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    stems = {os.path.splitext(os.path.basename(name))[0] for name in absent}
    return [row for row in rows if f"{row['group']}_{row['kind'].lower()}" in stems]


def place(label: str, made: Condensed) -> str:
    # Without a kind, the schema answers for every kind of its group.
    name = f"{made.group}/{made.kind.lower() or 'any'}_{made.version}.json"
    return f"variants/{label}/{name}" if label else name


def custom(definitions: str) -> tuple[dict[str, str], list[Row], list[str], list[str]]:
    """File texts by path, manifest rows, what could not be stated, and absent definitions."""
    with open(os.path.join(HERE, "sources.tsv"), encoding="utf-8", newline="") as file:
        sources = list(csv.DictReader(file, delimiter="\t"))
    restated = load()
    texts: dict[str, str] = {}
    rows: list[Row] = []
    unstated: list[str] = []
    absent: list[str] = []
    for source in sorted(sources, key=lambda s: (s["label"], s["definition"])):
        found = definition(definitions, source["definition"])
        if found is None:
            absent.append(source["definition"])
            continue
        for made in condense(with_defaults(found, source["definition"]), restated):
            if not made.served:
                continue
            unstated += [
                f"{source['definition']} {made.version} {p}: {r}" for p, r in made.unstated
            ]
            text = to_text(made.schema)
            path = place(source["label"], made)
            # A variant that says what the default says is a row of the manifest, not a file.
            same = place("", made)
            if source["label"] and texts.get(same) == text:
                path = same
            texts[path] = text
            rows.append({
                "label": source["label"], "group": made.group, "version": made.version,
                "kind": made.kind, "scope": made.scope,
                "storage": "yes" if made.storage else "no", "file": path,
                "project": source["project"], "release": source["version"],
                "as_of": source["as_of"],
            })  # fmt: skip
    return texts, rows, unstated, absent


def native(folder: str, known: set[str]) -> list[Row]:
    """Manifest rows of the files of built-in kinds, which `natives.py` writes."""
    rows = []
    for group in sorted(os.listdir(folder)):
        if group == "variants" or not os.path.isdir(os.path.join(folder, group)):
            continue
        for name in sorted(os.listdir(os.path.join(folder, group))):
            path = f"{group}/{name}"
            if path in known or not name.endswith(".json"):
                continue
            schema = read(os.path.join(folder, group, name))
            gvk = schema["x-kubernetes-group-version-kind"]
            rows.append({
                "label": "", "group": gvk["group"], "version": gvk["version"],
                "kind": gvk["kind"], "scope": schema["x-kubernetes-scope"], "storage": "yes",
                "file": path, "project": "kubernetes/kubernetes", "release": "1.36",
                "as_of": "2026-11-23",
            })  # fmt: skip
    return rows


def main(arguments: list[str]) -> None:
    if not arguments:
        raise SystemExit(__doc__)
    folder = arguments[1] if len(arguments) > 1 else os.path.join(HERE, "..", "..", "schemas")
    texts, rows, unstated, absent = custom(arguments[0])
    made = {(row["label"], row["file"]) for row in rows}
    # A definition that is there may be absent as that of a variant.
    rows += [row for row in kept(folder, absent) if (row["label"], row["file"]) not in made]
    for path, text in sorted(texts.items()):
        target = os.path.join(folder, *path.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    rows += native(folder, {row["file"] for row in rows})
    rows.sort(key=lambda r: (r["label"], r["group"], r["kind"], r["version"]))
    with open(os.path.join(folder, "MANIFEST"), "w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(COLUMNS) + "\n")
        file.writelines("\t".join(row[c] for c in COLUMNS) + "\n" for row in rows)
    size = sum(len(t.encode()) for t in texts.values())
    print(f"{len(texts)} files, {size // 1024} KiB, {len(rows)} rows of MANIFEST")
    for line in unstated:
        print(f"not restated: {line}", file=sys.stderr)
    if unstated:
        raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
