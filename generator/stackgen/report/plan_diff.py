"""Two plans side by side: what is different, and which findings come and go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.plan.auto import AUTO
from stackgen.report import plan_fallback, plan_prefill, plan_scaling, plan_traffic
from stackgen.report.plan_facts import ENDS, Planned, cost_rows, model_cells, pool_cells
from stackgen.report.style import Style
from stackgen.table import table, wrapped


def text(before: Planned, after: Planned, texts: Sequence[str], style: Style) -> str:
    """One environment: a row for each figure that changes."""
    old, new = facts(before), facts(after)
    head = f"{before.plan.env}, what if {', '.join(texts)}".replace(",", ", ").replace(",  ", ", ")
    lines = [style.paint("bold", line) for line in wrapped(head, style.width)] + [""]
    rows = changed(old, new)
    if rows:
        lines += table(("", "NOW", "WHAT IF"), rows, right=(1, 2), width=style.width)
        same = sum(old.get(name) == value for name, value in new.items())
        change = "1 figure changes" if len(rows) == 1 else f"{len(rows)} figures change"
        lines += ["", f"{change}, {same} stay."]
    else:
        lines.append("Nothing changes.")
    for choice in choices(after):
        lines += wrapped(choice, style.width, below="    ")
    for sign, notes in (
        ("+", [n for n in after.notes if n not in before.notes]),
        ("-", [n for n in before.notes if n not in after.notes]),
    ):
        for level, rule, message in notes:
            lines += wrapped(f"{level}[{rule}]: {message}", style.width, f"{sign} ", "    ")
    return "\n".join(lines) + "\n"


def choices(planned: Planned) -> Iterator[str]:
    """Why `topology: auto` chose what it did."""
    for pool in planned.plan.pools:
        if pool.slice is not None and pool.spec.topology.value == AUTO:
            why = f"{pool.slice.topology.value}: {pool.slice.topology.origin.why}"
            yield f"{pool.spec.name.value}: topology {why}"


def facts(planned: Planned) -> dict[str, str]:
    """Every figure of a plan by a name that says what it is."""
    return dict(_facts(planned))


def changed(old: dict[str, str], new: dict[str, str]) -> list[tuple[str, str, str]]:
    """Name, old and new value of what differs; - for what is on one side only."""
    names = [*old, *(n for n in new if n not in old)]
    return [
        (name, old.get(name, "-"), new.get(name, "-"))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _facts(planned: Planned) -> Iterator[tuple[str, str]]:
    for model in planned.plan.servers:
        for name, cell in model_cells(model).items():
            yield f"{model.spec.name.value}: {name}", cell
        yield f"{model.spec.name.value}: host memory", model.memory.value
    yield from plan_scaling.facts(planned)
    yield from plan_prefill.facts(planned)
    yield from plan_traffic.facts(planned)
    yield from plan_fallback.facts(planned)
    for capacity in planned.estimate.pools:
        pool = capacity.pool.spec.name.value
        for name, cell in pool_cells(capacity, planned.estimate.cpu).items():
            yield f"{pool}: {name}", cell
        yield f"{pool}: purchase", capacity.pool.spec.purchase.value
    seen: set[str] = set()
    for name, nodes, _, day, _ in cost_rows(planned):
        end = f", {ENDS[name in seen]} nodes" if nodes else ""
        seen.add(name)
        yield f"{name}{end}: USD/day", day
