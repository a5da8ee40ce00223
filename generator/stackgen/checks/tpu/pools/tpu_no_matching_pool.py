"""Pods that no node pool of the bundle can take."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.checks.tpu.words import either
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
    Label,
)
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each pod template, where the bundle has TPU pools and GKE makes none."""
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
        have = either(dict.fromkeys(_shown(p) for p in seen.tpu_pools))
        wanted = {k: v for k, v in workload.labels.items() if k in SHOWN and v.values}
        key = next((k for k in reversed(SHOWN) if k in wanted and _alone(seen, k, wanted[k])), None)
        said = ", ".join(f"{k.rpartition('/')[2]} {'|'.join(v.values)}" for k, v in wanted.items())
        yield violation(
            f"no node pool has {said}; there is {have}",
            Place(workload.resource, wanted[key].path if key else workload.labels[TOPOLOGY].path),
            *(p.place("nodeConfig", "machineType", note="a TPU pool") for p in seen.tpu_pools[:2]),
        )


SHOWN = (ACCELERATOR, TOPOLOGY, NODE_POOL, INSTANCE_TYPE, COUNT, SPOT)


def _alone(seen: View, key: str, label: Label) -> bool:
    return not any(p.takes({key: label}) for p in seen.tpu_pools)


def _shown(pool: Pool) -> str:
    return f"{pool.name} ({pool.machine_type} {pool.topology})"
