"""Machines with GPUs, as the catalog knows them."""

from __future__ import annotations

from collections.abc import Sequence

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row


def machines(
    accelerator: str, gpus: int | None, machine: str | None, catalog: Catalog
) -> list[Row]:
    """The machines with these GPUs, smallest first.

    gpus: of one node; None: as many as `machine` has, or else the fewest there are. machine: only
    this machine type; None for any.
    """
    rows = [
        row
        for row in catalog.machines_of(accelerator)
        if machine is None or machine == machine_type(row)
    ]
    wanted = gpus if gpus is not None else min((r.data["gpus"] for r in rows), default=0)
    return [row for row in rows if row.data["gpus"] == wanted]


def machine_type(row: Row) -> str:
    """What Compute Engine calls the machine of a row: GPUs may be attached to a plain one."""
    return str(row.data.get("machine_type", row.key))


def counts(accelerator: str, catalog: Catalog) -> list[int]:
    """The numbers of GPUs that there are machines with, fewest first."""
    return sorted({int(row.data["gpus"]) for row in catalog.machines_of(accelerator)})


def names(rows: Sequence[Row]) -> str:
    """The machine types of `rows`, for messages."""
    return ", ".join(dict.fromkeys(machine_type(row) for row in rows))
