"""Slices of every generation, as the planner makes them, against what was recorded."""

from __future__ import annotations

from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, literal
from stackgen.plan.slices import ALONE, Slice, slice_of


def _slice(catalog: Catalog, generation: str, topology: str, machine: str) -> Slice:
    def said(text: str) -> Traced[Any]:
        return literal(text, "test", "of the test")

    kind, shape = catalog.accelerator(generation), catalog.topology(generation, topology, machine)
    assert kind is not None and shape is not None
    return slice_of(said(generation), said(topology), said(machine), kind, shape)


def test_every_recorded_slice_is_planned_as_it_was_recorded(
    catalog: Catalog, recorded: Any
) -> None:
    several = 0
    for name, generation in recorded["tpu"]["generations"].items():
        for fact in generation["topologies"]:
            made = _slice(catalog, name, fact["topology"], fact["machineType"])
            env = {key: value.value for key, value in made.env.items()}
            wanted = fact["devicePluginEnv"]
            bounds = ("TPU_CHIPS_PER_HOST_BOUNDS", "TPU_HOST_BOUNDS")
            assert [env[b] for b in bounds] == [wanted[b] for b in bounds], fact
            assert (made.chips.value, made.hosts.value) == (fact["chips"], fact["hosts"])
            assert made.chips_per_host.value * made.hosts.value == made.chips.value
            told = [key for key in ALONE if key in env]
            assert told == (list(ALONE) if fact["hosts"] == 1 else []), fact
            several += fact["hosts"] > 1
    assert several > 25
