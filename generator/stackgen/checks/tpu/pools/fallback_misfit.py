"""An entry of `fallback` whose nodes cannot run the Pods of a model of the node pool."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.checks.tpu.words import counted
from stackgen.facts.quantity import cpus, in_gib
from stackgen.findings.model import Severity, Violations, violation
from stackgen.plan.memory import at_length
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.nodes import node

_LENGTH = "--max-model-len"  # that of all capacities is the shortest


def check(context: Context) -> Violations:
    """One finding for each difference that matters, of each model on each entry."""
    plan = context.plan
    if plan is None or context.loaded is None:
        return
    for model in plan.servers:
        for entry, other in zip(model.pool.fallback, model.alternatives, strict=True):
            where = (
                f"fallback {model.pool.fallback.index(entry) + 1} ({other.server.devices.where})"
            )
            misfits = [(said, True) for said in _misfits(plan, model, other)]
            for said, sure in misfits or _memory(plan, model, other):
                value = entry.given.topology
                if value.value is None:
                    value = entry.given.accelerator
                yield violation(
                    f"{model.spec.name.value} does not run on {where} of "
                    f"{model.pool.spec.name.value}: {said}",
                    place_of(context, value),
                    severity=None if sure else Severity.WARNING,
                    confidence=None if sure else "medium",
                    remedy=_topology(plan, model, other),
                )


def _topology(plan: Plan, model: ModelPlan, other: ModelPlan) -> str:
    """The topology of that generation with the node pool's hosts; empty if it is not that."""
    mine, its = model.server.devices, other.server.devices
    found = other.pool.slice
    same = (mine.count.value, mine.hosts.value) == (its.count.value, its.hosts.value)
    if found is None or same:
        return ""
    fits = [
        row.data["topology"]
        for row in plan.catalog.copy().topologies(found.accelerator.value)
        if row.data["hosts"] == mine.hosts.value
        and row.data["chips"] == mine.count.value * mine.hosts.value
    ]
    return f"Set `topology: {fits[0]}` on this entry of `fallback`." if fits else ""


def _misfits(plan: Plan, model: ModelPlan, other: ModelPlan) -> Iterator[str]:
    mine, its = model.server.devices, other.server.devices
    if mine.count.value != its.count.value:
        yield (
            f"its Pods request {counted(mine.count.value, mine.unit)}, and a host has "
            f"{its.count.value}"
        )
    if mine.hosts.value != its.hosts.value:
        yield (
            f"a slice there has {counted(its.hosts.value, 'host')}, and a server of the node pool "
            f"{mine.hosts.value}"
        )
    if mine.count.value != its.count.value or mine.hosts.value != its.hosts.value:
        return
    yield from _environment(plan, model, other)
    own = {flag.value for flag in model.flags}
    for flag in other.flags:
        if flag.value not in own and not flag.value.startswith(_LENGTH):
            yield f"it needs {flag.value}, which the Pods do not have"


def _environment(plan: Plan, model: ModelPlan, other: ModelPlan) -> Iterator[str]:
    mine, its = model.pool.slice, other.pool.slice
    if plan.stack.spec.tpu.env.value != "explicit" or mine is None or its is None:
        return
    for name, value in its.env.items():
        if name in mine.env and mine.env[name].value != value.value:
            yield (
                f"{name} is {value.value} there, and {mine.env[name].value} in the Pods. Set "
                "`tpu.env: injected`"
            )


def _memory(plan: Plan, model: ModelPlan, other: ModelPlan) -> Iterator[tuple[str, bool]]:
    """What does not fit, and whether that is sure: the reserve of the engine is an estimate."""
    hbm, length = other.server.hbm, model.server.max_model_len
    if hbm is not None:
        fit = at_length(hbm, length, other.server.concurrency)
        if not fit.result.fits:
            need = fit.result.weights_gib + fit.result.reserve_gib
            sure = other.server.size.certain and fit.result.weights_gib > fit.budget.value
            yield f"{need:.1f} GiB do not fit the {fit.budget.value:.1f} GiB of its memory", sure
        elif length is not None and fit.kv_tokens.value < length.value:
            tokens = fit.kv_tokens.value
            yield f"the KV cache holds {tokens} of {length.value} tokens", False
    left = node(other.pool.machine_type, plan.catalog.copy())
    if left is None:
        return
    wants = (("CPUs", cpus(model.cpu.value), left[0]), ("GiB", in_gib(model.memory.value), left[1]))
    for unit, wanted, room in wants:
        if wanted > room.value:
            yield f"a Pod requests {wanted:g} {unit}, and the host leaves {room.value:g}", True
