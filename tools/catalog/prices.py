"""Refresh generator/stackgen/catalog/prices.yaml from two published lists.

python tools/catalog/prices.py machines VMS_CSV SOURCE DATE
python tools/catalog/prices.py disks PRICING_YML SOURCE DATE

VMS_CSV is catalogs/v8/gcp/vms.csv of skypilot-org/skypilot-catalog: TPU chips, and CPU machines.
PRICING_YML is pricing.yml of Cyclenerd/google-cloud-pricing-cost-calculator: disks and buckets.
SOURCE is the repository with its commit, DATE the day of the list. Rows that the list does not have
stay as they are, and so do prices of a row that it does not state (commitments, flex-start).
Only regions with an accelerator are written.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from rows import CATALOG, blocks, joined, placed, row_text

PRICES = CATALOG / "prices.yaml"
# The list prices a machine type by its vCPUs and memory, so one shape of a series says the prices
# of all. series: shape of the list, its vCPUs, and the share of its price by vCPU that the series
# has: both prices stand in the list for us-central1.
_SERIES = {
    "n1-standard": ("n1-standard-96", 96, 1.0),
    "e2-standard": ("e2-highmem-8", 8, 0.7412),
    "n2-standard": ("n2-highmem-128", 128, 0.8065),
    "n2d-standard": ("n2d-highcpu-4", 4, 1.3546),
}
# TPU slices of the list, and their chips.
_TPU = {"tpu-v6e-1": ("v6e", 1), "tpu-v5litepod-1": ("v5e", 1), "tpu-v5p-8": ("v5p", 4)}
_NOT_SOLD = 700.0  # what the list prints where a slice has no price
_DISKS = {"balanced": "pd-balanced", "hdd": "pd-standard"}
# Capacity of Hyperdisk Balanced costs four fifths of a balanced disk: 0.08 to 0.10 USD in
# us-central1, 0.088 to 0.11 in europe-west4.
_HYPERDISK = 0.8
# Hyperdisk ML: a GiB as Hyperdisk Balanced, a MiB/s 1.5 times as much as a GiB. Both by the prices
# of southamerica-east1 in Google's Cloud Billing Catalog, read on 2026-09-19.
_THROUGHPUT = 1.2
_LIKE_BALANCED = ", the ratio of both in southamerica-east1"
_MODES = ("on_demand", "spot", "flex_start", "cud_1y", "cud_3y")
_SPOT = "SNAPSHOT: moves from day to day"


def main(arguments: list[str]) -> int:
    """0 when the file was written, 2 for wrong usage."""
    if len(arguments) != 4 or arguments[0] not in ("machines", "disks"):
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    what, path, source, day = arguments
    head, rows = blocks(PRICES.read_text(encoding="utf-8"))
    text = Path(path).read_text(encoding="utf-8")
    found = _machines(text) if what == "machines" else _disks(text)
    regions, written = _regions(), 0
    for key, fields in found:
        if key.partition("/")[2] not in regions:
            continue
        old = yaml.safe_load(rows[key])[key] if key in rows else {}
        placed(rows, key, row_text(key, _merged(old, fields, source, day)))
        written += 1
    PRICES.write_text(joined(head, rows), encoding="utf-8")
    sys.stdout.write(f"{written} rows\n")
    return 0


def _merged(old: dict[str, Any], new: dict[str, Any], source: str, day: str) -> dict[str, Any]:
    """The row with what the list says; what it does not say stays, with its status."""
    status = {k: v for k, v in old.get("status", {}).items() if k not in new} | new.pop("status")
    prices = {m: new.get(m, old.get(m)) for m in _MODES if m in new or m in old}
    row = {"unit": new["unit"], **prices}
    return {**row, **({"status": status} if status else {}), "source": source, "as_of": day}


def _regions() -> set[str]:
    """Regions with a zone of an accelerator."""
    found = set()
    text = (CATALOG / "accelerators.yaml").read_text(encoding="utf-8")
    for row in yaml.safe_load(text).values():
        zones = [*row.get("zones_safe", ()), *row.get("zones_unsure", ())]
        found |= {zone.rpartition("-")[0] for zone in zones} | {*row.get("regions", ())}
    return found


def _machines(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    shapes = {shape: (name, size, share) for name, (shape, size, share) in _SERIES.items()}
    seen = set()
    for line in csv.DictReader(text.splitlines()):
        price, spot = float(line["Price"]), float(line["SpotPrice"] or _NOT_SOLD)
        if (tpu := _TPU.get(line["AcceleratorName"])) is not None:
            key, each = f"{tpu[0]}/{line['Region']}", 1 / tpu[1]
            fields: dict[str, Any] = {"unit": "chip-hour"}
            note = ""
        elif (series := shapes.get(line["InstanceType"])) is not None:
            name, size, share = series
            key, each = f"{name}/{line['Region']}", share / size
            fields = {"unit": "vcpu-hour"}
            note = f"DERIVED: {share:g} of the price by vCPU of {line['InstanceType']}"
        else:
            continue
        if key in seen or price >= _NOT_SOLD:
            continue
        seen.add(key)
        fields |= {"on_demand": _rounded(price * each)}
        fields["status"] = {"on_demand": note} if note and series and series[2] != 1 else {}
        if spot < _NOT_SOLD:
            fields["spot"] = _rounded(spot * each)
            fields["status"]["spot"] = _SPOT
        yield key, fields


def _disks(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Prices of a GiB of capacity a month."""
    storage = yaml.safe_load(text)["compute"]["storage"]
    for name, kind in _DISKS.items():
        for region, cost in storage[name]["cost"].items():
            yield f"{kind}/{region}", _disk(cost["month"], {})
    of_balanced = {
        "hyperdisk-balanced": ("gib-month", _HYPERDISK, ", as in us-central1 and europe-west4"),
        "hyperdisk-ml": ("gib-month", _HYPERDISK, _LIKE_BALANCED),
        "hyperdisk-ml-throughput": ("mibps-month", _THROUGHPUT, _LIKE_BALANCED),
    }
    for kind, (unit, share, why) in of_balanced.items():
        note = f"DERIVED: {share:g} of pd-balanced{why}"
        for region, cost in storage["balanced"]["cost"].items():
            yield f"{kind}/{region}", _disk(cost["month"] * share, {"on_demand": note}, unit)
    for region, cost in yaml.safe_load(text)["storage"]["bucket"]["standard"]["cost"].items():
        yield f"cloud-storage/{region}", _disk(cost["month"], {})


def _disk(price: float, status: dict[str, str], unit: str = "gib-month") -> dict[str, Any]:
    return {"unit": unit, "on_demand": _rounded(price), "status": status}


def _rounded(price: float) -> float:
    return round(price, 6)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
