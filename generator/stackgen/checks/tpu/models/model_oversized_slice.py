"""A slice four times larger than the model needs."""

from __future__ import annotations

from dataclasses import replace

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.model_fit import model_fit
from stackgen.checks.tpu.planned import scaled_remedy
from stackgen.checks.tpu.view import View, view
from stackgen.facts.workloads import TOPOLOGY
from stackgen.findings.model import Place, Violations, violation
from stackgen.plan.fit import fit, valid_tensor_parallel

ROOM = 16  # sequences of full length that the smaller slice must still hold in parallel


def check(context: Context) -> Violations:
    """One finding for each server of a known model that a quarter of the slice would hold."""
    seen = view(context)
    for workload in seen.tpu_servers:
        target, outcome = seen.target(workload), model_fit(seen, workload)
        if outcome is None or target.shape is None or target.generation is None:
            continue
        parts = seen.catalog.gke("dynamic-slicing").data["sub_slices"]
        some = parts if workload.dynamic_slice else None
        # The controller of a platform makes a Deployment of one host, which gets no dynamic slice.
        least = 2 if some is not None and workload.service is not None else 1
        smaller = _quarter(seen, target.generation.key, target.shape.chips, some, least)
        if not outcome.fit.full_context_fits or smaller is None:
            continue
        given, model = outcome.given, outcome.model
        devices = smaller[1] * target.generation.data["jax_devices_per_chip"]
        heads, kv_heads = given.attention_heads, given.kv_heads
        if not valid_tensor_parallel(heads, kv_heads, devices):
            continue
        less = fit(replace(given, chips=smaller[1], tensor_parallel=devices))
        if less.fits and less.sequences >= ROOM:
            yield violation(
                f"{target.generation.key} {smaller[0]} holds {model.row.key} and "
                f"{less.sequences:.0f} sequences of {given.max_model_len} tokens; "
                f"{target.topology} costs {target.shape.chips // smaller[1]} times as much",
                Place(workload.resource, workload.labels[TOPOLOGY].path),
                Place(workload.resource, model.path, note="the model"),
                remedy=scaled_remedy(context, "model-oversized-slice", workload.resource.name),
            )


def _quarter(
    seen: View, generation: str, chips: int, some: list[str] | None, hosts: int
) -> tuple[str, int] | None:
    """The largest topology of so many hosts, with at most a quarter of the chips.

    some: those that it may be; None for all.
    """
    rows = [r.data for r in seen.catalog.topologies(generation) if r.data["chips"] * 4 <= chips]
    rows = [r for r in rows if (some is None or r["topology"] in some) and r["hosts"] >= hosts]
    best = max(rows, key=lambda r: r["chips"], default=None)
    return (best["topology"], best["chips"]) if best else None
