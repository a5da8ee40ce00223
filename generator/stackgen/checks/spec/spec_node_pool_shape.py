"""A node pool that is neither a machine type nor a TPU slice, or both in conflict."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import is_gpu, misspelt_name, rename_remedy
from stackgen.findings.model import Violations, violation


def check(context: SpecContext) -> Violations:
    """One finding for each pool without, or with contradicting, machines."""
    for path, pool in context.items("cluster", "nodePools"):
        name = pool.get("name", "a node pool")
        machine, accelerator = pool.get("machineType"), pool.get("accelerator")
        topology = pool.get("topology")
        if accelerator is None and topology is not None:
            yield violation(
                f"{name} has a topology but no accelerator",
                context.place(*path, "topology", key=True),
            )
        elif accelerator is None and machine is None:
            yield violation(
                f"{name} has neither machineType nor accelerator{misspelt_name(context, path)}",
                context.place(*path, "name"),
                remedy=rename_remedy(context, path, "`machineType` or `accelerator`"),
            )
        elif is_gpu(context, accelerator):
            if topology is not None:
                yield violation(
                    f"{name} has a topology, but {accelerator} is a GPU; set `gpus` instead",
                    context.place(*path, "topology", key=True),
                    context.place(*path, "accelerator", note="a GPU"),
                )
            if pool.get("explicitScheduling") is True:
                yield violation(
                    f"{name} sets explicitScheduling, which is only for TPU pools: GKE "
                    "rejects a second taint nvidia.com/gpu",
                    context.place(*path, "explicitScheduling"),
                    context.place(*path, "accelerator", note="a GPU"),
                )
        elif accelerator is not None and topology is None:
            yield violation(
                f"{name} has accelerator {accelerator} but no topology",
                context.place(*path, "accelerator"),
            )
        elif isinstance(accelerator, str) and isinstance(machine, str):
            rows = [
                r.data["machine"]
                for r in context.catalog.topologies(accelerator)
                if r.data["topology"] == topology or (topology == "auto" and r.data["hosts"] == 1)
            ]
            if rows and machine not in rows:
                yield violation(
                    f"{name} has machineType {machine}, but {accelerator} {topology} runs on "
                    + " or ".join(rows),
                    context.place(*path, "machineType"),
                    context.place(*path, "topology", note=f"runs on {' or '.join(rows)}"),
                )
