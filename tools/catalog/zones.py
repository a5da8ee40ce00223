"""Refresh the zones of TPUs, of regions, and of series of machines from a published list.

python tools/catalog/zones.py VMS_CSV SOURCE DATE

VMS_CSV is catalogs/v8/gcp/vms.csv of skypilot-org/skypilot-catalog, SOURCE its repository with the
commit, DATE the day of the list. accelerators.yaml: zones of the list that are not in `zones_safe`
become `zones_unsure`, since the list drifts. regions.yaml: zones are added and none is removed, and
`lacks` names the series of machines.yaml that the list has in no zone of a region. If the list has
all zones of a row, the row gets the source and the day of the list, and no mark of doubt.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml
from rows import CATALOG, blocks, joined, row_text

ACCELERATORS, REGIONS = CATALOG / "accelerators.yaml", CATALOG / "regions.yaml"
MACHINES = CATALOG / "machines.yaml"
# How the list calls the generations: `tpu-v6e-8`, `tpu-v5litepod-4`.
_TPU = re.compile(r"tpu-(v[0-9]+[a-z]*)-[0-9]+")
_NAMES = {"v5litepod": "v5e"}
_NOT_SOLD = 700.0  # the price of a slice that the list does not know
_ZONE = re.compile(r"[a-z]+-[a-z]+[0-9]+-([a-z]|ai[0-9]+[a-z])")


def main(arguments: list[str]) -> int:
    """0 when the files were written, 2 for wrong usage."""
    if len(arguments) != 3:
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    path, source, day = arguments
    lines = list(csv.DictReader(Path(path).read_text(encoding="utf-8").splitlines()))
    _accelerators(lines, source)
    _regions(lines, source, day)
    return 0


def _accelerators(lines: list[dict[str, str]], source: str) -> None:
    zones: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        found = _TPU.fullmatch(line["AcceleratorName"])
        if found and float(line["Price"]) < _NOT_SOLD:
            zones[_NAMES.get(found[1], found[1])].add(line["AvailabilityZone"])
    head, rows = blocks(ACCELERATORS.read_text(encoding="utf-8"))
    for name, listed in zones.items():
        row = yaml.safe_load(rows[name])[name] if name in rows else None
        if row is None:
            continue
        unsure = sorted(listed - set(row.get("zones_safe", ())))
        if unsure == sorted(row.get("zones_unsure", ())):
            continue
        rows[name] = _with(rows[name], "zones_unsure", unsure, source)
    ACCELERATORS.write_text(joined(head, rows), encoding="utf-8")


def _with(text: str, field: str, value: list[str], source: str) -> str:
    """The block of a row with another value of a list, and one more source."""
    shown = row_text("", {field: value}).partition("\n")[2]
    text = re.sub(rf"(?m)^  {field}:.*\n(?:    .*\n)*", "", text)
    text = re.sub(r"(?m)^  (status|source):", f"{shown}\n  \\1:", text, count=1)
    return re.sub(r"(?m)^  as_of:", f"    - zones from {source}\n  as_of:", text, count=1)


def _regions(lines: list[dict[str, str]], source: str, day: str) -> None:
    machines = yaml.safe_load(MACHINES.read_text(encoding="utf-8")).values()
    series = sorted({row["series"] for row in machines if "series" in row})
    zones: dict[str, set[str]] = defaultdict(set)
    sold: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if _ZONE.fullmatch(line["AvailabilityZone"]):
            zones[line["Region"]].add(line["AvailabilityZone"])
            sold[line["Region"]].add(line["InstanceType"].rpartition("-")[0])
    head, rows = blocks(REGIONS.read_text(encoding="utf-8"))
    for region, listed in sorted(zones.items()):
        old: dict[str, Any] = yaml.safe_load(rows[region])[region] if region in rows else {}
        kept = [z for z in old.get("zones", ()) if _ZONE.fullmatch(z)]
        lacks = [name for name in series if name not in sold[region]]
        # A region of which the list has no machine of any series tells nothing of them.
        lacks = old.get("lacks", []) if len(lacks) == len(series) else lacks
        new = {"zones": [*kept, *sorted(listed - set(kept))], **({"lacks": lacks} if lacks else {})}
        if listed >= set(kept):
            rows[region] = row_text(region, {**new, "source": source, "as_of": day})
        elif new != {k: old[k] for k in ("zones", "lacks") if k in old}:
            status = {"status": old["status"]} if "status" in old else {}
            more = {"source": [*_sources(old), source], "as_of": day}
            rows[region] = row_text(region, {**new, **status, **more})
    REGIONS.write_text(joined(head, rows), encoding="utf-8")


def _sources(row: dict[str, Any]) -> list[str]:
    found = row.get("source", [])
    return [found] if isinstance(found, str) else list(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
