"""A plan as text: tables, and the reason for each figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.escape import visible
from stackgen.origin import Origin, Traced
from stackgen.plan.estimate import Estimate
from stackgen.plan.model import ModelPlan
from stackgen.report import plan_scaling, plan_traffic
from stackgen.report.plan_facts import Planned
from stackgen.report.plan_sections import Section, findings, heading, reasons, sections
from stackgen.report.style import Style
from stackgen.table import table, wrapped


def plan_text(planned: Planned, style: Style) -> str:
    """One environment."""
    lines = [style.paint("bold", heading(planned)), ""]
    for section in sections(planned):
        lines += [*_section(section, style), ""]
    lines += [style.paint("bold", "WHY")]
    for title, said in reasons(planned):
        lines += [f"  {title}", *_bullets(said, style.width, "    ")]
    said = findings(planned)
    if planned.notes:
        lines += ["", style.paint("bold", "FINDINGS")]
        lines += _bullets(said[: len(planned.notes)], style.width, "  ")
    if planned.suppressed:
        lines += ["", said[-1]]
    return "\n".join(lines) + "\n"


def _section(section: Section, style: Style) -> Iterator[str]:
    """A table and its sentences; those of a section with a title are indented."""
    indent = "  " if section.title else ""
    if section.title:
        yield style.paint("bold", section.title)
    yield from _bullets(section.above, style.width, indent)
    if section.head:
        yield from table(section.head, section.rows, right=section.right, width=style.width)
    if section.title:
        yield from _bullets(section.below, style.width, indent)
    else:
        for text in section.below:
            yield from wrapped(text, style.width)


def _bullets(texts: Iterable[str], width: int, indent: str) -> Iterator[str]:
    for text in texts:
        yield from wrapped(visible(text), width, indent, indent + "  ")


# -- explain -------------------------------------------------------------------------------------


def explain_text(planned: Planned, style: Style) -> str:
    """Every planned value with its formula, its inputs, and where they come from."""
    from stackgen.provenance.show import origin_lines

    lines: list[str] = []
    seen: set[int] = set()
    for title, origin in origins(planned):
        value = f" = {origin.value}" if origin.value else ""
        lines += [style.paint("bold", f"{title}{value}"), *origin_lines(origin, seen), ""]
    return "\n".join(lines)


def origins(planned: Planned) -> Iterator[tuple[str, Origin]]:
    """What `--explain` explains, in order."""
    for model in planned.plan.servers:
        yield from _model_origins(model)
    for pool in planned.plan.pools:
        name = pool.spec.name.value
        if pool.slice is not None:
            yield f"{name}: topology", pool.slice.topology.origin
        if pool.gpus is not None:
            yield f"{name}: GPUs per node", pool.gpus.per_node.origin
        yield f"{name}: machine type", pool.machine_type.origin
    yield from plan_scaling.origins(planned)
    yield from plan_traffic.origins(planned)
    yield from _estimate_origins(planned.estimate)


def _model_origins(model: ModelPlan) -> Iterator[tuple[str, Origin]]:
    name, server = model.spec.name.value, model.server
    shape = model.pool.slice
    yield f"{name}: replicas", model.most.origin
    yield f"{name}: pool", model.pool.spec.name.origin
    yield f"{name}: devices", server.devices.accelerator.origin
    chips = server.devices.count if shape is None else shape.chips
    yield f"{name}: chips", chips.origin
    yield f"{name}: tensor parallelism", server.spread.tensor.origin
    if server.devices.hosts.value > 1:
        yield f"{name}: pipeline parallelism", server.spread.pipeline.origin
    hbm = server.hbm
    weights = server.size.weight_bytes or server.size.at_least
    if hbm is not None:
        weights = hbm.weights
    if weights is not None:
        yield f"{name}: weights{' (GiB)' if hbm else ' (bytes)'}", weights.origin
    if hbm is not None:
        yield f"{name}: KV cache (GiB)", hbm.spare.origin
        yield f"{name}: KV bytes per token", hbm.kv_bytes.origin
        yield f"{name}: KV tokens", hbm.kv_tokens.origin
        yield f"{name}: max concurrency", hbm.sequences.origin
    if server.max_model_len is not None:
        yield f"{name}: max model len", server.max_model_len.origin
    yield f"{name}: host memory", model.memory.origin
    yield f"{name}: host CPUs", model.cpu.origin
    yield f"{name}: host disk", model.ephemeral_storage.origin
    yield f"{name}: startup (s)", model.startup.expected.origin
    yield f"{name}: startup probe period (s)", model.startup.period.origin
    yield f"{name}: startup probe failures", model.startup.failures.origin


def _estimate_origins(estimate: Estimate) -> Iterator[tuple[str, Origin]]:
    for capacity in estimate.pools:
        name = capacity.pool.spec.name.value
        yield f"{name}: min nodes", capacity.nodes_min.origin
        yield f"{name}: max nodes", capacity.nodes_max.origin
        for part in capacity.parts:
            yield f"{name}: CPUs and GiB requested by {part.name}", part.asked.origin
        if capacity.node_cpu is not None and capacity.node_memory is not None:
            yield f"{name}: CPUs per node", capacity.node_cpu.origin
            yield f"{name}: GiB per node", capacity.node_memory.origin
    for part in () if estimate.cpu is None else estimate.cpu.parts:
        yield f"platform: CPUs and GiB requested by {part.name}", part.asked.origin
    if estimate.cpu is not None:
        yield "platform: CPUs requested", estimate.cpu.cpu.origin
        yield "platform: GiB requested", estimate.cpu.memory.origin
    for cost in estimate.costs.pools:
        yield from _low_and_high(cost.pool.spec.name.value, cost.low, cost.high)
    for extra in estimate.costs.extras:
        yield from _low_and_high(extra.name, extra.low, extra.high)
    yield from _low_and_high("total", estimate.costs.low, estimate.costs.high)


def _low_and_high(
    name: str, low: Traced[float] | None, high: Traced[float] | None
) -> Iterator[tuple[str, Origin]]:
    """The cost at both ends, or once where it is the same."""
    if low is None or high is None:
        return
    if low is high:
        yield f"{name}: USD per hour", low.origin
        return
    yield f"{name}: min USD per hour", low.origin
    yield f"{name}: max USD per hour", high.origin
