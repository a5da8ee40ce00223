"""GPUs of a node: their type and number, and the machine that has them."""

from __future__ import annotations

from stackgen.catalog.rows import Row
from stackgen.origin import Traced
from stackgen.plan.slices import row_value
from stackgen.record import record


@record
class Gpus:
    """The GPUs of one node of a pool.

    label: value of the node label that GKE sets. per_node: how many there are. bf16: they compute
    in bfloat16. item: the machine's row in the catalog, which its price goes by.
    """

    accelerator: Traced[str]
    label: Traced[str]
    per_node: Traced[int]
    bf16: Traced[bool]
    item: Traced[str]


def gpus_of(accelerator: Traced[str], kind: Row, item: Traced[str], machine: Row) -> Gpus:
    """The GPUs of a machine. kind: row of `accelerator`; machine: row of the machine `item`."""
    return Gpus(
        accelerator=accelerator,
        label=row_value(kind, "label", accelerator),
        per_node=row_value(machine, "gpus", item),
        bf16=row_value(kind, "bf16", accelerator),
        item=item,
    )
