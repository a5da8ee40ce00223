"""A node pool that is neither a machine type nor a TPU slice, or both in conflict."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.references import is_gpu, misspelt_name
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-node-pool-shape",
    family="spec",
    severity=Severity.ERROR,
    summary="A node pool does not say what machines it has, or says it twice.",
    impact="Google Cloud would refuse the node pool.",
    remedy="Give `machineType` for a CPU pool, `accelerator` and `topology` for a TPU pool, "
    "`accelerator` and perhaps `gpus` for a GPU pool.",
    source="GKE: a TPU node pool's machine type follows from generation and topology",
    bad="{name: tpu, accelerator: v6e, nodes: {min: 0, max: 1}}",
    good="{name: tpu, accelerator: v6e, topology: 2x2, nodes: {min: 0, max: 1}}",
)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each pool without, or with contradicting, machines."""
    for path, pool in context.items("cluster", "nodePools"):
        name = pool.get("name", "a node pool")
        machine, accelerator = pool.get("machineType"), pool.get("accelerator")
        topology = pool.get("topology")
        if accelerator is None and topology is not None:
            yield RULE.finding(
                f"{name} has a topology but no accelerator",
                context.place(*path, "topology", key=True),
            )
        elif accelerator is None and machine is None:
            yield RULE.finding(
                f"{name} has neither machineType nor accelerator{misspelt_name(context, path)}",
                context.place(*path, "name"),
            )
        elif is_gpu(context, accelerator):
            if topology is not None:
                yield RULE.finding(
                    f"{name} has a topology, and {accelerator} is a GPU; `gpus` says how many",
                    context.place(*path, "topology", key=True),
                    context.place(*path, "accelerator", note="a GPU"),
                )
            if pool.get("explicitScheduling") is True:
                yield RULE.finding(
                    f"{name} wants GKE's taint and labels written, which is for TPU pools: GKE "
                    "refuses a second taint nvidia.com/gpu",
                    context.place(*path, "explicitScheduling"),
                    context.place(*path, "accelerator", note="a GPU"),
                )
        elif accelerator is not None and topology is None:
            yield RULE.finding(
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
                yield RULE.finding(
                    f"{name} wants {machine}, but {accelerator} {topology} runs on "
                    + " or ".join(rows),
                    context.place(*path, "machineType"),
                    context.place(*path, "topology", note=f"runs on {' or '.join(rows)}"),
                )
