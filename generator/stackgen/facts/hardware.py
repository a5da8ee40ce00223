"""TPU hardware as the catalog knows it: shapes of slices, and what follows from them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.digits import to_int
from stackgen.record import record
from stackgen.regex import regex

_TOPOLOGY = regex(r"[1-9][0-9]*(?:x[1-9][0-9]*)+\Z")
_FAMILY = regex(r"(ct[0-9]+[a-z]*|tpu[0-9]+x?)-[a-z]+-([0-9]+)t\Z")


@record
class Shape:
    """A way to build a topology: so many hosts of a machine type."""

    machine: str
    chips: int
    hosts: int

    @property
    def per_host(self) -> int:
        return self.chips // self.hosts


def axes(topology: str) -> tuple[int, ...] | None:
    """`2x4` as (2, 4); None when it is not a topology."""
    return tuple(to_int(n) for n in topology.split("x")) if _TOPOLOGY.match(topology) else None


def shapes(catalog: Catalog, generation: Row, topology: str) -> tuple[Shape, ...]:
    """The ways to build `topology`; none when GKE does not offer it."""
    listed = tuple(
        Shape(row.data["machine"], row.data["chips"], row.data["hosts"])
        for row in catalog.topologies(generation.key)
        if row.data["topology"] == topology
    )
    return listed or _by_rule(catalog, generation, topology)


def _by_rule(catalog: Catalog, generation: Row, topology: str) -> tuple[Shape, ...]:
    """Large 3-D slices: the catalog holds their rule, not every one of them."""
    rule, found = generation.data.get("topology_rule"), axes(topology)
    if rule is None or found is None or len(found) != generation.data["dims"]:
        return ()
    chips = math.prod(found)
    if chips <= rule["small_max_chips"]:
        fits = all(n in rule["small_dimensions"] for n in found)
    else:
        fits = all(n % rule["large_multiple"] == 0 for n in found)
    if not fits or list(found) != sorted(found) or chips > generation.data["max_chips"]:
        return ()
    rows = catalog.topologies(generation.key)
    hosts = next((r for r in rows if r.data["hosts"] > 1), None)
    if hosts is None:
        return ()
    per_host = hosts.data["chips"] // hosts.data["hosts"]
    return (Shape(hosts.data["machine"], chips, chips // per_host),)


def topologies(catalog: Catalog, generation: Row) -> list[str]:
    """The listed topologies of a generation, smallest first, each once."""
    return list(dict.fromkeys(r.data["topology"] for r in catalog.topologies(generation.key)))


def tpu_machine(catalog: Catalog, name: str) -> Row | None:
    """The row of a machine type that carries TPUs; None for others and for unknown ones."""
    row = catalog.machine(name) if _FAMILY.match(name) else None
    return row if row is not None and row.data.get("kind") == "tpu" else None


def looks_like_tpu(machine: str) -> bool:
    """The name has the form of a TPU machine type, known or not."""
    return bool(_FAMILY.match(machine))


def environment(generation: Row, topology: str, shape: Shape) -> Mapping[str, str]:
    """What the device plug-in puts into a container of the slice, as far as it depends on shape."""
    bounds = generation.data["chips_per_host_bounds"].get(str(shape.per_host))
    if bounds is None:
        return {}
    hosts = ",".join(str(b) for b in bounds_of_hosts(topology, bounds))
    per_host = ",".join(str(b) for b in bounds)
    cores = shape.chips * generation.data["cores_per_chip"]
    return {
        "TPU_TOPOLOGY": topology,
        "TPU_CHIPS_PER_HOST_BOUNDS": per_host,
        "CHIPS_PER_HOST_BOUNDS": per_host,
        "TPU_HOST_BOUNDS": hosts,
        "HOST_BOUNDS": hosts,
        "TPU_ACCELERATOR_TYPE": f"{generation.data['type_prefix']}-{cores}",
    }


def bounds_of_hosts(topology: str, chip_bounds: list[int]) -> list[int]:
    """Hosts along each axis: topology 4x4 with 2,2,1 a host is 2,2,1."""
    axes = [to_int(n) for n in topology.split("x")]
    axes += [1] * (3 - len(axes))
    return [max(1, axis // bound) for axis, bound in zip(axes, chip_bounds, strict=True)]
