"""Pods that no node pool of the bundle can take."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.hardware import looks_like_tpu
from stackgen.facts.pools import Pool
from stackgen.facts.workloads import (
    ACCELERATOR,
    COMPUTE_CLASS,
    COUNT,
    INSTANCE_TYPE,
    NODE_POOL,
    SPOT,
    TOPOLOGY,
)
from stackgen.findings.model import Place, Violations, violation
from stackgen.wording import or_list


def check(context: Context) -> Violations:
    """One finding for each Pod template, where the bundle has TPU pools and GKE makes none."""
    seen = view(context)
    if not seen.tpu_pools or seen.makes_pools:
        return
    if any(p.machine is None and looks_like_tpu(p.machine_type) for p in seen.pools):
        return
    if any(not p.machine_type or not p.topology for p in seen.tpu_pools):
        return
    for workload in seen.tpu:
        if seen.pools_for(workload) or COMPUTE_CLASS in workload.labels:
            continue
        if seen.target(workload).generation is None or not seen.target(workload).topology:
            continue
        near = seen.pools_near(workload, "tpu")
        if not near:
            continue
        have = or_list(dict.fromkeys(_shown(p) for p in near))
        alone = [
            k for k, label in workload.labels.items() if not any(p.takes({k: label}) for p in near)
        ]
        named = [k for k in alone if k not in SHOWN]
        shown = (*SHOWN, *named)
        wanted = {k: v for k, v in workload.labels.items() if k in shown and v.values}
        key = next((k for k in reversed(shown) if k in wanted and k in alone), None)
        said = ", ".join(f"{k.rpartition('/')[2]} {'|'.join(v.values)}" for k, v in wanted.items())
        yield violation(
            f"no node pool has {said}; there is {have}",
            Place(workload.resource, wanted[key].path if key else workload.labels[TOPOLOGY].path),
            *(p.place("nodeConfig", "machineType", note="a TPU pool") for p in near[:2]),
        )


SHOWN = (ACCELERATOR, TOPOLOGY, NODE_POOL, INSTANCE_TYPE, COUNT, SPOT)


def _shown(pool: Pool) -> str:
    return f"{pool.name} ({pool.machine_type} {pool.topology})"
