"""What `stackgen init` says: what it chose, what it wrote, and what comes next."""

from __future__ import annotations

import os
from collections.abc import Mapping

from stackgen.escape import visible
from stackgen.plan.cost import per_day
from stackgen.plan.estimate import estimate
from stackgen.starter.intent import Chosen, Option
from stackgen.starter.patterns import to_change
from stackgen.table import table, wrapped

_RUNBOOK = "writes every command from the project to the first request"


def choice(chosen: Chosen) -> list[str]:
    """The shape that was chosen, what else holds the model, and the cost."""
    first = chosen.options[0]
    assert first.compiled.plan is not None
    (model,) = first.compiled.plan.models
    only = f"the only {'GPU' if first.gpu else 'TPU'} that holds it"
    alone = [option.gpu for option in chosen.options].count(first.gpu) == 1
    why = only if alone else _preferred(first)
    rows = [("ACCELERATOR", "NODES", "USD/HOUR", "KV TOKENS", "ZONE")]
    rows += map(_cells, chosen.options)
    costs = estimate(first.compiled.plan, first.compiled.catalog).costs
    low, high = per_day(costs.low.value), per_day(costs.high.value)
    part = "" if costs.complete else ", as far as prices are known"
    zone = first.compiled.plan.stack.spec.cluster.location.value
    lines = [
        f"{model.spec.model.value} on {first.shape.words}, in {zone}: {why}.",
        "",
        *table(rows[0], rows[1:]),
        "Of each accelerator, the smallest shape that holds the model and one request of",
        "the full length. Price: of the nodes of one model server, on demand.",
    ]
    if not all(option.sure for option in chosen.options):
        lines.append("UNVERIFIED: not every list of zones has the accelerator there.")
    if chosen.untried:
        lines.append(
            f"Not tried: {', '.join(chosen.untried)}. The catalog has no list of their zones, and "
            "one may cost less. `--accelerator NAME` selects one."
        )
    if chosen.rejected:
        lines += ["", "Too small:", *(f"  {words}: {why}" for words, why in chosen.rejected)]
    if first.warnings:
        lines += ["", "`stackgen build` warns about this choice:"]
        lines += [f"  {text}" for text in first.warnings]
    return [*lines, "", f"Cost of prod: {low:,.0f} to {high:,.0f} USD a day{part}."]


def _preferred(first: Option) -> str:
    kind = "GPU" if first.gpu else "TPU"
    known = "" if first.hour is not None else " with a known price"
    sure = " that every list of zones has there" if first.sure else ""
    return f"the cheapest {kind}{known}{sure}"


def _cells(option: Option) -> tuple[str, str, str, str, str]:
    shape = option.shape
    return (
        shape.words,
        str(shape.hosts),
        "unknown" if option.hour is None else f"{option.hour:.2f}",
        f"{option.tokens:,}",
        "has it" if option.sure else "UNVERIFIED",
    )


def _elsewhere(directory: str, new: Mapping[str, bytes]) -> list[str]:
    """What to do with files that are read at the top of a repository, when this is not the top."""
    top = [n for n in new if n.startswith(".")]
    above = os.path.dirname(os.path.abspath(directory))
    if not top or os.path.lexists(os.path.join(directory, ".git")):
        return []
    while not os.path.lexists(os.path.join(above, ".git")):
        if above == os.path.dirname(above):
            return []
        above = os.path.dirname(above)
    below = os.path.relpath(os.path.abspath(directory), above)
    return [
        "",
        f"This is the folder {below} of a repository: set spec.delivery.path to {below}/out. Move",
        f"these to the top, where alone they are read, and give each stackgen in them -C {below}:",
        "",
        *(f"  {os.path.normpath(os.path.join(directory, n))}" for n in top),
    ]


def written(directory: str, title: list[str], new: Mapping[str, bytes]) -> str:
    """What was written, what its owner has to change, and what comes next. title: what it is."""
    where = {n: os.path.normpath(os.path.join(directory, n)) for n in new}
    lines = [part for line in [*title, ""] for part in wrapped(line) or [line]]
    lines += [f"  {where[n]}" for n in new] or ["  nothing: every file already exists"]
    changes = [
        (f"{where[n]}:{line}", what) for n, text in new.items() for line, what in to_change(text)
    ]
    if changes:
        width = max(len(place) for place, _ in changes)
        lines += ["", "Yours to change before it goes to a cluster:", ""]
        for place, what in changes:
            lines += wrapped(what, lead=f"  {place:{width}}  ")
    lines += _elsewhere(directory, new)
    folder = "" if os.path.normpath(directory) == "." else f" -C {directory}"
    lines += ["", f"Next: stackgen build{folder}"]
    if any(n == "stack.yaml" for n in new):
        lines += [
            f"Review: stackgen report{folder}",
            "  writes the requests, cost, network, rollout and findings as one page",
            f"Then: stackgen bootstrap --env prod{folder}",
            f"  {_RUNBOOK}",
        ]
    return "\n".join(map(visible, lines)) + "\n"
