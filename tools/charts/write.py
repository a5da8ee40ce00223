"""Write `catalog/charts/<chart>.json`: which values each version of a Helm chart reads, with types.

    python tools/charts/write.py CHARTS

reads the charts CHARTS/<chart>/<version>/ that `sources.tsv` names, with what they depend on in
their folder `charts/`, and writes a file for each chart. A missing version keeps what the
file has. The values come from the templates, the default values and `values.schema.json`. Names,
types and choices are kept, and no text. The same input gives the same bytes.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from typing import Any

from stackgen.manifest.chart_tree import tree_of

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "..", "..", "generator", "stackgen", "catalog", "charts")


def read(path: str) -> Any:
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


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
            tree = tree_of(folder)
            named = '"~"' in json.dumps(tree.values)
            made[version] = {
                "source": f"{row['project']}@{row['revision']} {row['path']}",
                "as_of": row["as_of"],
                "checked": tree.checked,
                "values": tree.values,
                "words": sorted(tree.words) if named else [],
            }
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            json.dump(
                {"chart": chart, "versions": made}, file, sort_keys=True, separators=(",", ":")
            )
            file.write("\n")
        print(f"{chart}: {', '.join(made)}, {os.path.getsize(path) // 1024} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
