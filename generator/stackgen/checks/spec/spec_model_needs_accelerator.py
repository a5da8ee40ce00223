"""A model on a node pool without accelerators."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import pools, servers
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """One finding for each model on a CPU pool."""
    known = pools(context)
    for path, model in servers(context):
        pool = known.get(str(model.get("nodePool")))
        if pool is not None and pool.get("accelerator") is None and pool.get("topology") is None:
            others = [n for n, p in known.items() if p.get("accelerator")]
            verb = "has" if len(others) == 1 else "have"
            hint = f"; {', '.join(others)} {verb} one" if others else ""
            name = model.get("name", "a model")
            yield violation(
                f"{name} runs on {pool['name']}, which has no accelerator{hint}",
                context.place(*path, "nodePool"),
                remedy=_remedy(context, pool, others),
            )


def _remedy(context: SpecContext, pool: dict[str, Any], others: list[str]) -> str:
    machine = context.catalog.machine(str(pool.get("machineType")))
    accelerator = machine.data.get("accelerator") if machine is not None else None
    if machine is not None and accelerator:
        rows = context.catalog.topologies(accelerator)
        topology = next((r.data["topology"] for r in rows if r.data["machine"] == machine.key), "")
        more = f" and `topology: {topology}`" if topology else ""
        return f"Set `accelerator: {accelerator}`{more} on {pool['name']}, without `machineType`."
    return f"Set `nodePool: {others[0]}`." if others else ""
