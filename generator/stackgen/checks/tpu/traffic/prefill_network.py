"""Prompts whose KV cache is more than the network carries from prefill to decode servers."""

from __future__ import annotations

from math import ceil

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import field_of, place_of
from stackgen.checks.tpu.traffic.under_load import figures, load_of
from stackgen.findings.model import Violations, violation
from stackgen.plan.throughput.transfer import network_gbps, transfer_gbps


def check(context: Context) -> Violations:
    """At most one finding for each model with prefill servers: the role whose network is fuller.

    At best each server has a machine of its own, and decode servers have the shared prefixes.
    """
    known = {model.spec.name.value: found for model, found in figures(context)}
    for model in context.plan.models if context.plan is not None else ():
        half = model.prefill
        found = known.get(half.spec.name.value) if half is not None else None
        moved = transfer_gbps(half, found.model) if half is not None and found is not None else None
        if half is None or moved is None:
            continue
        moved *= 1 - half.spec.traffic.prefixShare.value
        shares = []
        for role, one in (("prefill", half), ("decode", model)):
            speed = network_gbps(one, context.catalog)
            machines = min(one.most.value, one.pool.spec.nodes.max.value)
            if speed is not None and machines and moved > machines * speed.value:
                shares.append((machines * speed.value, role, one, machines, speed.value))
        for _, role, one, machines, each in sorted(shares, key=lambda share: share[0])[:1]:
            scaled = one.scaling is not None
            most = one.spec.autoscaling.max if scaled else one.spec.replicas
            needed = ceil(moved / each)
            field = field_of(one, "autoscaling.max" if scaled else "replicas")
            room = needed <= one.pool.spec.nodes.max.value
            yield violation(
                f"prompts of {model.spec.name.value} move {moved:,.0f} Gbit/s of KV cache from "
                f"prefill to decode; the network of {machines} {role} servers carries "
                f"{machines * each:,.0f} Gbit/s",
                place_of(context, most),
                place_of(context, load_of(model.spec), note="the traffic"),
                remedy=f"Set `{field}: {needed}`." if room else "",
            )
