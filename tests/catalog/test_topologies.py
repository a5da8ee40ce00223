"""The environment a slice's pods see follows from its row by the documented formulas."""

from __future__ import annotations

from math import prod
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row


def _three(topology: str) -> list[int]:
    dims = [int(d) for d in topology.split("x")]
    return dims + [1] * (3 - len(dims))


def _commas(values: list[Any]) -> str:
    return ",".join(str(v).lower() for v in values)


def _wrap(accelerator: Row, topology: str) -> list[bool]:
    rule, dims = accelerator.data["wrap"], _three(topology)
    if "dimension" in rule:
        return [d == rule["dimension"] for d in dims]
    return [min(dims) >= rule["every_dimension_from"]] * 3


def _environment(catalog: Catalog, row: Row) -> dict[str, str]:
    accelerator = catalog.accelerator(row.data["generation"])
    machine = catalog.machine(row.data["machine"])
    assert accelerator is not None and machine is not None
    bounds = accelerator.data["chips_per_host_bounds"][str(machine.data["chips"])]
    dims = _three(row.data["topology"])
    cores = row.data["chips"] * accelerator.data["cores_per_chip"]
    env = {
        "TPU_TOPOLOGY": row.data["topology"],
        "TPU_ACCELERATOR_TYPE": f"{accelerator.data['type_prefix']}-{cores}",
        "TPU_CHIPS_PER_HOST_BOUNDS": _commas(bounds),
        "TPU_HOST_BOUNDS": _commas([d // b for d, b in zip(dims, bounds, strict=True)]),
        "TPU_TOPOLOGY_WRAP": _commas(_wrap(accelerator, row.data["topology"])),
        "TPU_TOPOLOGY_ALT": "false",
        "TPU_SKIP_MDS_QUERY": "true",
    }
    if row.data["hosts"] == 1 and accelerator.data["worker_env_single_host"]:
        env |= {"TPU_WORKER_ID": "0", "TPU_WORKER_HOSTNAMES": "localhost"}
    return env


def test_chips_hosts_and_machine_of_every_slice_agree(catalog: Catalog) -> None:
    for row in catalog.rows("topology"):
        machine = catalog.machine(row.data["machine"])
        accelerator = catalog.accelerator(row.data["generation"])
        assert machine is not None and accelerator is not None
        assert machine.data["accelerator"] == row.data["generation"]
        assert row.data["topology"].count("x") == accelerator.data["dims"] - 1
        assert row.data["chips"] == prod(_three(row.data["topology"]))
        assert row.data["chips"] == row.data["hosts"] * machine.data["chips"]
        assert row.data["chips"] <= accelerator.data["max_chips"]


def test_three_dimensional_slices_keep_the_rule_of_their_generation(catalog: Catalog) -> None:
    for row in catalog.rows("topology"):
        accelerator = catalog.accelerator(row.data["generation"])
        assert accelerator is not None
        rule = accelerator.data.get("topology_rule")
        if rule is None or row.data["hosts"] == 1:
            continue
        dims = _three(row.data["topology"])
        assert dims == sorted(dims)
        small = row.data["chips"] <= rule["small_max_chips"]
        assert small or all(d % rule["large_multiple"] == 0 for d in dims)
        assert not small or set(dims) <= set(rule["small_dimensions"])


def test_the_derived_environment_equals_every_recorded_one(catalog: Catalog, recorded: Any) -> None:
    compared = 0
    for name, generation in recorded["tpu"]["generations"].items():
        rows = {(r.data["topology"], r.data["machine"]): r for r in catalog.topologies(name)}
        expected = {(t["topology"], t["machineType"]): t for t in generation["topologies"]}
        assert set(rows) == set(expected)
        for key, fact in expected.items():
            row = rows[key]
            assert (row.data["chips"], row.data["hosts"]) == (fact["chips"], fact["hosts"])
            assert _environment(catalog, row) == fact["devicePluginEnv"], key
            compared += 1
    assert compared == 43


def test_the_environment_of_a_real_sixteen_chip_job(catalog: Catalog) -> None:
    row = catalog.topology("v6e", "4x4")
    assert row is not None
    env = _environment(catalog, row)
    assert env["TPU_ACCELERATOR_TYPE"] == "v6e-16"
    assert env["TPU_CHIPS_PER_HOST_BOUNDS"] == "2,2,1"
    assert env["TPU_HOST_BOUNDS"] == "2,2,1"
    assert "TPU_WORKER_ID" not in env
