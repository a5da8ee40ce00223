"""The scripts that refresh catalog files from published lists."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

TOOLS = Path(__file__).parents[2] / "tools" / "catalog"
VMS = """\
InstanceType,vCPUs,MemoryGiB,AcceleratorName,AcceleratorCount,GpuInfo,Region,AvailabilityZone,Price,SpotPrice
n1-standard-96,96.0,360.0,,,,us-east1,us-east1-b,9.6,0.96
n1-standard-96,96.0,360.0,,,,us-east1,us-east1-c,9.6,0.96
e2-highmem-8,8.0,64.0,,,,us-east1,us-east1-b,0.8,700.0
m1-ultramem-160,160.0,3844.0,,,,us-east1,us-east1-b,1,1
n1-standard-96,96.0,360.0,,,,europe-west8,europe-west8-a,9.6,0.96
,,,tpu-v6e-1,1,tpu-v6e-1,us-east1,us-east1-d,3.0,1.0
,,,tpu-v6e-1,1,tpu-v6e-1,asia-east1,asia-east1-c,700.0,700.0
"""
PRICES = """\
# What the file is about.

v6e/us-east1:
  unit: chip-hour
  on_demand: 2.7
  spot: 0.6
  flex_start: 1.35
  status: {spot: "SNAPSHOT: old", flex_start: UNVERIFIED}
  source: older list
  as_of: "2026-09-18"

# Above the cluster.
gke-cluster/all:
  unit: cluster-hour
  on_demand: 0.1
  source: page
  as_of: "2026-09-18"
"""


@pytest.fixture
def prices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    for name in ("prices", "rows"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import prices

    monkeypatch.setattr(prices, "PRICES", tmp_path / "prices.yaml")
    prices.PRICES.write_text(PRICES, encoding="utf-8")
    (tmp_path / "vms.csv").write_text(VMS, encoding="utf-8")
    return prices


def test_a_list_of_machines_renews_its_prices_and_nothing_else(
    prices: ModuleType, tmp_path: Path
) -> None:
    arguments = ["machines", str(tmp_path / "vms.csv"), "the list", "2026-11-29"]
    assert prices.main(arguments) == 0
    text = prices.PRICES.read_text(encoding="utf-8")
    assert text.startswith("# What the file is about.\n\nv6e/us-east1:\n")
    assert "# Above the cluster.\ngke-cluster/all:" in text
    rows = yaml.safe_load(text)
    # Not sold there, or no region with an accelerator.
    assert set(rows) == {
        "v6e/us-east1", "gke-cluster/all", "n1-standard/us-east1", "e2-standard/us-east1",
    }  # fmt: skip
    assert rows["v6e/us-east1"] == {
        "unit": "chip-hour", "on_demand": 3, "spot": 1, "flex_start": 1.35,
        "status": {"flex_start": "UNVERIFIED", "spot": "SNAPSHOT: moves from day to day"},
        "source": "the list", "as_of": "2026-11-29",
    }  # fmt: skip
    assert rows["n1-standard/us-east1"]["on_demand"] == 0.1
    assert rows["e2-standard/us-east1"]["on_demand"] == 0.07412
    assert "DERIVED" in rows["e2-standard/us-east1"]["status"]["on_demand"]
    assert "spot" not in rows["e2-standard/us-east1"]
    assert prices.main(arguments) == 0
    assert prices.PRICES.read_text(encoding="utf-8") == text


def test_a_list_of_disks_gives_the_price_of_a_gib(prices: ModuleType, tmp_path: Path) -> None:
    cost = {"cost": {"us-east1": {"month": 0.1}, "europe-west8": {"month": 0.2}}}
    bucket = {"bucket": {"standard": {"cost": {"us-east1": {"month": 0.02}}}}}
    storage = {"compute": {"storage": {"balanced": cost, "hdd": cost}}, "storage": bucket}
    (tmp_path / "pricing.yml").write_text(yaml.safe_dump(storage), encoding="utf-8")
    assert prices.main(["disks", str(tmp_path / "pricing.yml"), "page", "2026-11-29"]) == 0
    rows = yaml.safe_load(prices.PRICES.read_text(encoding="utf-8"))
    assert rows["pd-standard/us-east1"]["on_demand"] == 0.1
    assert rows["hyperdisk-balanced/us-east1"]["on_demand"] == 0.08
    assert rows["hyperdisk-ml-throughput/us-east1"]["on_demand"] == 0.12
    assert rows["hyperdisk-ml-throughput/us-east1"]["unit"] == "mibps-month"
    assert rows["cloud-storage/us-east1"]["on_demand"] == 0.02
    assert "pd-balanced/europe-west8" not in rows


def test_wrong_usage_is_exit_code_2(prices: ModuleType) -> None:
    assert prices.main(["zones"]) == 2


ZONES = """\
InstanceType,vCPUs,MemoryGiB,AcceleratorName,AcceleratorCount,GpuInfo,Region,AvailabilityZone,Price,SpotPrice
n2-standard-4,4,16,,,,us-east1,us-east1-b,1,1
n2-standard-4,4,16,,,,us-new1,us-new1-a,1,1
n1-standard-4,4,15,,,,us-east1,us-east1-b,1,1
n1-standard-4,4,15,,,,us-old1,us-old1-a,1,1
n2-standard-4,4,16,,,,us-old1,us-old1-a,1,1
,,,tpu-v6e-4,1,x,us-east1,us-east1-d,10,1
,,,tpu-v6e-4,1,x,us-east1,us-east1-b,10,1
,,,tpu-v6e-4,1,x,asia-east1,asia-east1-c,700.0,700.0
"""


def test_a_list_adds_zones_and_says_which_series_a_region_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    for name in ("zones", "rows"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import zones

    files = {
        "ACCELERATORS": "# About.\n\nv6e:\n  kind: tpu\n  zones_safe: [us-east1-d]\n"
        "  zones_unsure:\n    [us-old1-a,\n     us-old1-b]\n  source:\n    - page\n"
        '  as_of: "2026-01-01"\n',
        "REGIONS": "us-east1:\n  zones: [us-east1-b, us-east1-c]\n  source: page\n"
        '  as_of: "2026-01-01"\n\nus-old1:\n  zones: [us-old1-a]\n  status: {zones: INFERRED}\n'
        '  source: page\n  as_of: "2023-01-01"\n',
        "MACHINES": "a: {series: n1-standard}\nb: {series: n2-standard}\n",
    }
    for name, text in files.items():
        monkeypatch.setattr(zones, name, tmp_path / name)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "vms.csv").write_text(ZONES, encoding="utf-8")
    for _ in range(2):
        assert zones.main([str(tmp_path / "vms.csv"), "the list", "2026-11-29"]) == 0
    chip = yaml.safe_load((tmp_path / "ACCELERATORS").read_text(encoding="utf-8"))["v6e"]
    assert chip["zones_unsure"] == ["us-east1-b"]
    assert chip["source"] == ["page", "zones from the list"]
    regions = yaml.safe_load((tmp_path / "REGIONS").read_text(encoding="utf-8"))
    assert regions["us-east1"]["zones"] == ["us-east1-b", "us-east1-c", "us-east1-d"]
    assert "lacks" not in regions["us-east1"]
    assert regions["us-new1"]["lacks"] == ["n1-standard"]
    assert regions["us-new1"]["source"] == "the list"
    # The list does not have us-east1-c, so the older source stays; it has all zones of us-old1.
    assert regions["us-east1"]["source"] == ["page", "the list"]
    assert regions["us-old1"] == {
        "zones": ["us-old1-a"], "source": "the list", "as_of": "2026-11-29",
    }  # fmt: skip
    assert zones.main([]) == 2
