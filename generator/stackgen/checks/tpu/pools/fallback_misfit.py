"""An entry of `fallback` whose nodes cannot run the Pods of a model of the node pool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.facts.locations import in_region
from stackgen.facts.quantity import cpus, in_gib
from stackgen.findings.model import Severity, Violations, violation
from stackgen.origin import Traced
from stackgen.plan.memory import at_length
from stackgen.plan.model import ModelPlan, Plan, Priority
from stackgen.plan.nodes import node
from stackgen.plan.plan import make_plan
from stackgen.spec.node_pools import NodePool
from stackgen.wording import counted

_LENGTH = "--max-model-len"  # that of all capacities is the shortest
_INJECTED = "Set `tpu.env: injected`"


def check(context: Context) -> Violations:
    """One finding for each difference that matters, of each model on each entry."""
    plan = context.plan
    if plan is None or context.loaded is None:
        return
    for model in plan.servers:
        for i, (entry, other) in enumerate(
            zip(model.pool.fallback, model.alternatives, strict=True)
        ):
            where = f"fallback {i + 1} ({other.server.devices.where})"
            found = list(_differences(plan, model, other))
            value = entry.given.topology
            if value.value is None:
                value = entry.given.accelerator
            for said, sure in found:
                yield violation(
                    f"{model.spec.name.value} does not run on {where} of "
                    f"{model.pool.spec.name.value}: {said}",
                    place_of(context, value),
                    severity=None if sure else Severity.WARNING,
                    confidence=None if sure else "medium",
                    remedy="" if _by_setting(said) else _instead(context, plan, model, i),
                )


def _differences(plan: Plan, model: ModelPlan, other: ModelPlan) -> list[tuple[str, bool]]:
    """What does not fit, and whether that is sure."""
    return [(said, True) for said in _misfits(plan, model, other)] or [*_memory(plan, model, other)]


def _by_setting(said: str) -> bool:
    """Whether a setting of the stack removes the difference, with the same nodes."""
    return said.startswith("the KV cache") or said.endswith(_INJECTED)


def _instead(context: Context, plan: Plan, model: ModelPlan, index: int) -> str:
    """The topology of the entry on which all models of the pool run; else no such entry."""
    entry, name = model.pool.fallback[index], model.pool.spec.name.value
    slices = entry.pool.slice
    row = plan.catalog.copy().accelerator(slices.accelerator.value) if slices else None
    fits = row is not None and in_region(row, str(entry.pool.zone.value))
    for topology in _topologies(plan, model, entry) if fits else ():
        tried = _planned_with(context, plan, name, index, topology)
        if not any(
            _differences(tried, one, one.alternatives[index])
            for one in tried.servers if one.pool.spec.name.value == name
        ):  # fmt: skip
            return f"Set `topology: {topology}` on this entry of `fallback`."
    return "Remove this entry of `fallback`."


def _topologies(plan: Plan, model: ModelPlan, entry: Priority) -> list[str]:
    """Those of the generation with the hosts of the node pool, each with as many chips."""
    devices, slices = model.server.devices, entry.pool.slice
    assert slices is not None
    rows = plan.catalog.copy().topologies(slices.accelerator.value)
    hosts = devices.hosts.value
    made = [r.data for r in rows if r.data["hosts"] == hosts]
    alike = [r["topology"] for r in made if r["chips"] == devices.count.value * hosts]
    return [one for one in dict.fromkeys(alike) if one != slices.topology.value]


def _planned_with(context: Context, plan: Plan, name: str, index: int, topology: str) -> Plan:
    """The plan of the stack with another topology on an entry of the pool `name`."""
    assert context.loaded is not None
    spec = plan.stack.spec

    def changed(pool: NodePool) -> NodePool:
        entries = list(pool.fallback)
        given: Traced[Any] = entries[index].topology.map("tried", "another", lambda _: topology)
        entries[index] = replace(entries[index], topology=given)
        return replace(pool, fallback=tuple(entries))

    pools = tuple(changed(p) if p.name.value == name else p for p in spec.cluster.nodePools)
    cluster = replace(spec.cluster, nodePools=pools)
    stack = replace(plan.stack, spec=replace(spec, cluster=cluster))
    return make_plan(plan.env, stack, plan.catalog, context.loaded.configs)


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
                f"{name} is {value.value} there, and {mine.env[name].value} in the Pods. "
                f"{_INJECTED}"
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
