from __future__ import annotations

from typing import Any

from stackgen.catalog.load import Catalog


def test_every_recorded_generation_is_there_as_recorded(catalog: Catalog, recorded: Any) -> None:
    for name, fact in recorded["tpu"]["generations"].items():
        row = catalog.accelerator(name)
        assert row is not None
        d, chip = row.data, fact["chip"]
        assert d["label"] == fact["gkeAccelerator"]
        assert d["type_prefix"] == fact["acceleratorTypePrefix"]
        assert (d["dims"], d["max_chips"]) == (fact["dims"], fact["maxChips"])
        assert d["hbm_gb"] == chip["hbmGB"]
        if chip.get("usableHbmGiB") is not None:  # v5p was measured after the record
            assert d["hbm_usable_gib"] == chip["usableHbmGiB"]
        assert d["jax_devices_per_chip"] == chip["jaxDevicesPerChip"]
        assert d.get("native_dtypes") == chip.get("nativeDtypes")
        assert d.get("min_gke_version") == fact.get("minGKEVersion", {}).get("value")
        assert d["flex_start"] == fact["flexStart"]
        zones = {*d.get("zones_safe", ()), *d.get("zones_unsure", ())}
        assert zones >= set(fact.get("zones", ()))
        bounds = recorded["tpu"]["envFormula"]["chipsPerHostBounds"]
        for chips, shape in d["chips_per_host_bounds"].items():
            assert ",".join(str(n) for n in shape) == bounds[int(chips)]


def test_no_zone_is_both_safe_and_unsure(catalog: Catalog) -> None:
    for row in catalog.rows("accelerator"):
        assert not set(row.data.get("zones_safe", ())) & set(row.data.get("zones_unsure", ()))


def test_what_vllm_can_use_of_a_chip_is_at_most_what_is_published(catalog: Catalog) -> None:
    for row in catalog.rows("accelerator"):
        # Published sizes are rounded: a v5p chip has 95 GB on paper and 95.74 GiB in a log.
        assert row.data.get("hbm_usable_gib", 0) < row.data["hbm_gb"] + 1


def test_only_the_t4_lacks_bfloat16(catalog: Catalog) -> None:
    gpus = [r for r in catalog.rows("accelerator") if r.data["kind"] == "gpu"]
    assert [r.key for r in gpus if not r.data["bf16"]] == ["t4"]
