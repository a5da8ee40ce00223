"""Of topologies that fit, the one that serves the traffic at the lowest cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.origin import Traced
from stackgen.plan.model import Server
from stackgen.plan.throughput.figures import Performance, performance
from stackgen.record import record
from stackgen.spec.serving import Model
from stackgen.spec.traffic import says_load


@record
class Held:
    """A topology under the traffic of the models on it.

    needed: replicas of each model whose speed is known; None where no number holds the SLO. enough:
    the replicas of the spec are. chips: of all replicas, None without a number.
    """

    shape: Row
    needed: tuple[tuple[str, Traced[float | None]], ...]
    enough: bool
    chips: int | None


def held(
    shapes: Iterable[Row], models: Sequence[Model], server_on: Callable[[Model, Row], Server],
    catalog: Catalog,
) -> Held | None:  # fmt: skip
    """The cheapest of `shapes`, which are in order of their chips, all of one generation.

    A chip costs the same in every shape: what has the fewest chips is the cheapest. Where the spec
    says how many replicas there are, they decide if they are enough on any shape. None without a
    model whose speed is known.
    """
    served = [model for model in models if says_load(model.traffic)]
    found = [_on(shape, served, server_on, catalog) for shape in shapes] if served else []
    if not found or not found[-1].needed:
        return None
    if any(model.replicas.origin.kind == "spec" for model in served):
        found = [one for one in found if one.enough] or found
    holding = [one for one in found if one.chips is not None]
    # Of those that hold no SLO, the largest misses it by the least.
    return min(holding, key=lambda one: one.chips or 0) if holding else found[-1]


def _on(
    shape: Row, models: Sequence[Model], server_on: Callable[[Model, Row], Server], catalog: Catalog
) -> Held:
    needed, chips, enough = [], 0, True
    for model in models:
        figures = performance(model, server_on(model, shape), catalog)
        if not isinstance(figures, Performance):
            continue
        count, replicas = figures.needed.value.value, figures.most.value
        needed.append((model.name.value, figures.needed.value))
        enough = enough and count is not None and count <= replicas
        chips += shape.data["chips"] * max(int(count or 0), figures.replicas.value)
    holds = all(count.value is not None for _, count in needed)
    return Held(shape, tuple(needed), enough, chips if holds else None)
