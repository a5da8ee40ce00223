"""What `stackgen plan` says of traffic: throughput, latency, replicas, and cost of tokens."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed, known, literal
from stackgen.plan.autoscaling import TOLERANCE, fewest, lower_of, percentile_of, target_of
from stackgen.plan.autoscaling import most as most_of
from stackgen.plan.cost import PoolCost
from stackgen.plan.model import ModelPlan
from stackgen.plan.model import Server as PlannedServer
from stackgen.plan.prefill import PREFILL
from stackgen.plan.throughput import demand as of
from stackgen.plan.throughput.demand import METRICS, Answer, Demand
from stackgen.plan.throughput.durations import in_seconds
from stackgen.plan.throughput.load import SHARES, Speed, capacity, most, serve
from stackgen.plan.throughput.speed import Basis, Known, basis, latency_basis, speed_of, worse
from stackgen.plan.throughput.transfer import transfer_seconds
from stackgen.record import record
from stackgen.spec.autoscaling import CONCURRENT, KV_CACHE, LATENCIES, TOKENS
from stackgen.spec.serving import Model
from stackgen.spec.traffic import says_load


def at_full_load(speed: Speed, metric: str) -> float:
    """The most that one replica shows; without an end for what waits."""
    if metric == TOKENS:
        return capacity(speed) * speed.lengths.output
    return _kv_share(speed, most(speed)) if metric == KV_CACHE else math.inf


def per_replica(speed: Speed, metric: str, demand: Demand, replicas: int, at: str = "p95") -> float:
    """The mean of the metric over `replicas` that share the load; of a latency, at a percentile."""
    if metric in LATENCIES:
        seconds = of.latency(metric, at)(speed, demand, replicas)
        return math.inf if seconds is None else seconds
    load = demand.on(replicas)
    service = serve(speed, load)
    if service is None:
        return at_full_load(speed, metric)
    if metric == TOKENS:
        return service.rate * speed.lengths.output
    if metric == KV_CACHE:
        return _kv_share(speed, service.running)
    if load.users:
        waiting = max(0.0, load.users - most(speed))
    else:
        rho, places = service.utilization, max(1.0, most(speed))
        waiting = rho ** math.sqrt(2 * (places + 1)) / (1 - rho)  # Sakasegawa, as in `load`
    return waiting + (service.running if metric == CONCURRENT else 0.0)


def settled(
    speed: Speed, demand: Demand, metric: str, target: float, low: int, high: int,
    at: str = "p95",
) -> int:  # fmt: skip
    """The replicas that KEDA keeps under a steady load; at least one."""
    low = max(1, low)
    fitting = (n for n in range(low, high) if per_replica(speed, metric, demand, n, at) <= target)
    return next(fitting, max(low, high))


def falls_to(
    speed: Speed, demand: Demand, metric: str, target: float, low: int, replicas: int,
    at: str = "p95", lower: float | None = None,
) -> int | None:  # fmt: skip
    """The replicas to which KEDA goes from the fewest that hold the target under a steady load,
    and with which it adds replicas again; None where their number stays.
    """
    value = per_replica(speed, metric, demand, replicas, at)
    if value > target or not replicas:
        return None
    if lower is not None:
        fewer = replicas - 1 if value < lower else replicas
    elif value >= (1 - TOLERANCE) * target:
        fewer = replicas
    else:
        fewer = math.ceil(replicas * value / target)
    fewer = max(fewer, low, 1)
    if fewer >= replicas:
        return None
    again = per_replica(speed, metric, demand, fewer, at) > (1 + TOLERANCE) * target
    return fewer if again else None


def target_for(speed: Speed, demand: Demand, metric: str, replicas: int, at: str = "p95") -> float:
    """A target at which the load gets `replicas`: what each of them shows, with two digits."""
    value = per_replica(speed, metric, demand, replicas, at)
    return float(f"{value:.2g}") if math.isfinite(value) else value


def _kv_share(speed: Speed, running: float) -> float:
    """Of the KV cache: a sequence has its prompt, and on average half of its output."""
    tokens = speed.lengths.input + speed.lengths.output / 2
    return min(1.0, running * tokens / speed.server.kv_tokens)


# What is shown where the spec sets no limit.
USUAL = ("p50", "p95")
_WHY = {
    "ttft": "waiting, the prompt in chunks, and a step",
    "tpot": "a step, and the prompts of other requests",
}
_UNPRICED: Traced[float | None] = literal(None, "plan/price", "the price is not known")


@record
class Limit:
    """A limit of the SLO. metric: ttft or tpot. at: a percentile. given: as the spec says it."""

    metric: str
    at: str
    given: Traced[str]
    seconds: Traced[float]


@record
class Figure:
    """A value, its range, and how it is known.

    None where there is no number: a queue that grows, a price that is not known.
    """

    value: Traced[float | None]
    low: float | None
    high: float | None
    basis: Basis


_HARDLY = 1e-6  # requests a second: no two are there at a time


@record
class Performance:
    """A model under its traffic, on the replicas of the spec, or those that autoscaling keeps.

    replicas: those. most: that there may be. full_metric: of autoscaling, the metric of one server
    at full load; None without autoscaling, and for a metric without an end. idle_metric: a latency
    of autoscaling, of a request on an idle server. fitting: the target of
    autoscaling at which there are as many replicas as needed, None where the given one does.
    falls_to: the replicas to which autoscaling goes from those, too few, and the metric of one of
    those; None where their number stays.
    utilization: load / full load; above 1 requests queue without end. full: output tokens a second
    of all replicas at full load. tokens: those that the traffic makes. latencies: by metric and
    percentile. needed: replicas that hold traffic and SLO. missed: limits that do not hold at the
    replicas of the spec. never: limits that do not hold on an idle server, with the latency there.
    output_cost, total_cost: USD per million tokens, at the larger of `needed` and the replicas of
    the spec. full_cost: USD per million output tokens at full load. role: `prefill`, `decode`, or
    "" for servers that do both.
    """

    model: Model
    limits: tuple[Limit, ...]
    replicas: Traced[int]
    most: Traced[int]
    full_metric: Figure | None
    idle_metric: Figure | None
    fitting: float | None
    falls_to: tuple[int, float] | None
    utilization: Figure
    full: Figure
    tokens: Figure
    latencies: Mapping[tuple[str, str], Figure]
    needed: Figure
    missed: tuple[Limit, ...]
    never: tuple[tuple[Limit, Figure], ...]
    output_cost: Figure
    total_cost: Figure
    full_cost: Figure
    role: str = ""


def limits_of(model: Model) -> tuple[Limit, ...]:
    """The limits of the SLO, in order."""
    return tuple(
        Limit(metric, at, given, given.map("seconds", "of the SLO", in_seconds))
        for metric in METRICS
        for at in SHARES
        if (given := known(getattr(getattr(model.slo, metric), at))) is not None
    )


def performance(
    model: Model, server: PlannedServer, catalog: Catalog, price: Traced[float] | None = None,
    moved: Traced[float | None] | None = None,
) -> Performance | str:  # fmt: skip
    """The figures of a model with traffic; or why they are not known.

    price: USD an hour of one replica. moved: seconds in which the KV cache of a prompt moves to
    the server that writes the answer, which the metrics of this one do not contain.
    """
    alone = found = speed_of(model, server, catalog)
    if isinstance(alone, str) or isinstance(found, str):
        return str(found)
    if moved is not None:
        found = replace(alone, speed=computed(
            "speed", "with the transfer of the KV cache",
            lambda speed, seconds: replace(speed, transfer=seconds or 0.0), alone.speed, moved,
        ))  # fmt: skip
    traffic, limits = model.traffic, limits_of(model)
    demand: Traced[Demand] = computed(
        "traffic", "of all clients", lambda rate, users: Demand(rate or 0.0, users or 0.0),
        traffic.requestsPerSecond, traffic.users,
    )  # fmt: skip
    replicas, high = _replicas(model, alone, demand, catalog), most_of(model)
    running = of.running(found.speed.value, demand.value, replicas.value)
    latencies = {
        (metric, at): _figure(
            found, latency_basis(found, running, metric, at, bool(demand.value.rate)),
            f"{metric} {at}", _WHY[metric], of.latency(metric, at), demand, replicas,
        )
        for metric in METRICS
        for at in ([x.at for x in limits if x.metric == metric] or USUAL)
    }  # fmt: skip
    here, full = basis(found, running), basis(found, most(found.speed.value))
    highest = catalog.roofline("engines").value("highest_load")
    asked, seconds = [(x.metric, x.at) for x in limits], [x.seconds for x in limits]

    enough = worse(full, _basis_of_needed(found, demand.value, asked, highest, seconds) or here)

    def cost(known_as: Basis, name: str, why: str, answer: Answer, *inputs: Traced[Any]) -> Figure:
        if price is None:
            return Figure(_UNPRICED, None, None, known_as)
        return _figure(found, known_as, name, why, answer, *inputs, price)

    load: tuple[Traced[Any], ...] = (demand, replicas, highest, *seconds)
    needed = _figure(
        found, enough, "replicas", "the fewest that hold the SLO, up to the highest load",
        of.needed(asked), demand, highest, *seconds,
    )  # fmt: skip
    return Performance(
        model,
        limits,
        replicas,
        high,
        _full_metric(model, alone, full),
        _idle_metric(model, alone, demand.value),
        _fitting(model, alone, demand.value, replicas.value, needed.value.value),
        _falls_to(model, alone, demand.value, replicas.value, catalog),
        _figure(found, full, "load / full load", "of a replica", of.utilization, demand, replicas),
        _figure(found, full, "output tokens per second", "at full load", of.full_load, replicas),
        _figure(found, here, "output tokens per second", "of traffic", of.tokens, demand, replicas),
        latencies,
        needed,
        tuple(x for x in limits if _over(latencies[x.metric, x.at], x)),
        tuple(_never(found, limits, demand.value)),
        cost(enough, "USD per million output tokens", "at the replicas that are needed",
             of.cost(asked, prompts=False), *load),
        cost(enough, "USD per million tokens", "of prompts and answers",
             of.cost(asked, prompts=True), *load),
        cost(full, "USD per million output tokens", "at full load", of.full_cost),
    )  # fmt: skip


def _replicas(model: Model, found: Known, demand: Traced[Demand], catalog: Catalog) -> Traced[int]:
    """Those of the spec, or those at which the metric holds its target under a steady load."""
    asked, target = model.autoscaling, known(target_of(model, catalog))
    if asked.max.value is None or target is None:
        return model.replicas
    return computed(
        "replicas", "the fewest at which the metric of autoscaling holds its target",
        settled,
        found.speed, demand, asked.metric, target, fewest(model), most_of(model),
        percentile_of(model),
    )  # fmt: skip


def _falls_to(
    model: Model, found: Known, demand: Demand, replicas: int, catalog: Catalog
) -> tuple[int, float] | None:
    target, lower = target_of(model, catalog).value, lower_of(model, catalog).value
    if model.autoscaling.max.value is None or target is None:
        return None
    metric, at = model.autoscaling.metric.value, percentile_of(model).value
    fewer = falls_to(
        found.speed.value, demand, metric, target, fewest(model).value, replicas, at,
        lower,
    )  # fmt: skip
    if fewer is None:
        return None
    return fewer, per_replica(found.speed.value, metric, demand, replicas, at)


def _idle_metric(model: Model, found: Known, demand: Demand) -> Figure | None:
    metric, at = model.autoscaling.metric.value, percentile_of(model).value
    if model.autoscaling.max.value is None or metric not in LATENCIES:
        return None
    return _idle(found, metric, at, demand)


def _full_metric(model: Model, found: Known, full: Basis) -> Figure | None:
    metric = model.autoscaling.metric
    if (
        model.autoscaling.max.value is None
        or at_full_load(found.speed.value, metric.value) == math.inf
    ):
        return None
    return _figure(found, full, "metric at full load", "of one replica", at_full_load, metric)


def _fitting(
    model: Model, found: Known, demand: Demand, replicas: int, needed: float | None
) -> float | None:
    if model.autoscaling.max.value is None or needed is None or replicas >= needed:
        return None
    metric, at = model.autoscaling.metric.value, percentile_of(model).value
    return target_for(found.speed.value, demand, metric, int(needed), at)


def _basis_of_needed(
    found: Known, demand: Demand, asked: Sequence[tuple[str, str]], highest: Traced[float],
    seconds: Sequence[Traced[float]],
) -> Basis | None:  # fmt: skip
    """How the load of the replicas that are needed is known; None where no number is enough."""
    speed, limits = found.speed.value, [given.value for given in seconds]
    count = of.needed(asked)(speed, demand, highest.value, *limits)
    return None if count is None else basis(found, of.running(speed, demand, int(count)))


def _never(found: Known, limits: Sequence[Limit], demand: Demand) -> Iterator[tuple[Limit, Figure]]:
    """The limits that do not hold on an idle server, with the latency there."""
    for limit in limits:
        figure = _idle(found, limit.metric, limit.at, demand)
        if _over(figure, limit):
            yield limit, figure


def _idle(found: Known, metric: str, at: str, demand: Demand) -> Figure:
    """A latency of a request on an idle server.

    Requests come as in `demand`: runs with users and runs at a rate differ in their latencies.
    """
    least = Demand(_HARDLY, 0.0) if demand.rate else Demand(0.0, 1.0)
    return _figure(
        found, latency_basis(found, 1.0, metric, at, bool(demand.rate)), f"{metric} {at}",
        "of a request on an idle server", of.latency(metric, at),
        literal(least, "plan/idle", "one request"), literal(1, "plan/idle", "one replica"),
    )  # fmt: skip


def _figure(
    found: Known, known_as: Basis, name: str, why: str, answer: Answer, *inputs: Traced[Any]
) -> Figure:
    """The answer at the speed; its range is the answers at a slower and at a faster speed."""
    value = computed(name, why, answer, found.speed, *inputs)
    speed, spread = found.speed.value, known_as.spread
    if spread == 1:
        return Figure(value, value.value, value.value, known_as)
    plain = [given.value for given in inputs]
    ends = [answer(speed.slowed(by), *plain) for by in (spread, 1 / spread)]
    low, high = sorted(ends, key=lambda end: math.inf if end is None else end)
    return Figure(value, low, high, known_as)


def _over(figure: Figure, limit: Limit) -> bool:
    value = figure.value.value
    return value is None or value > limit.seconds.value


def price_of(model: ModelPlan, costs: Sequence[PoolCost]) -> Traced[float] | None:
    """USD an hour of one replica: its hosts, or its part of a node with several; None: unknown."""
    devices, gpus = model.server.devices, model.pool.gpus
    for cost in costs:
        if cost.pool.spec.name.value == model.pool.spec.name.value and cost.node is not None:
            why = "USD an hour of one replica"
            if gpus is None:
                return computed(
                    "hosts x price of a node", why, lambda hosts, node: hosts * node,
                    devices.hosts, cost.node,
                )  # fmt: skip
            return computed(
                "price of a node x its share of GPUs", why,
                lambda node, count, each: node * count / each, cost.node, devices.count,
                gpus.per_node,
            )  # fmt: skip
    return None


def performances(
    models: Sequence[ModelPlan], costs: Sequence[PoolCost], catalog: Catalog
) -> Iterator[Performance | str | None]:
    """The figures of each model, or why they are not known; None without traffic.

    models: each followed by its prefill servers.
    """
    before: Performance | str | None = None
    for place, model in enumerate(models):
        found: Performance | str | None = None
        spec = _at_a_rate(model.spec, before) if model.role == PREFILL else model.spec
        if says_load(spec.traffic):
            split = model.role == PREFILL
            moved = transfer_seconds(model, models[place - 1], catalog) if split else None
            found = performance(spec, model.server, catalog, price_of(model, costs), moved)
            if isinstance(found, Performance):
                found = replace(found, role=model.role)
        before = found
        yield found


def _at_a_rate(prefill: Model, decode: Performance | str | None) -> Model:
    """Prefill servers get a prompt as often as the users of decode servers are answered."""
    traffic = prefill.traffic
    if traffic.users.value is None or not isinstance(decode, Performance):
        return prefill
    rate = computed(
        "output tokens/s / tokens of an answer", "each answer has one prompt",
        lambda tokens, each, _: (tokens or 0) / each, decode.tokens.value,
        decode.model.traffic.outputTokens, traffic.users,
    )  # fmt: skip
    none: Traced[Any] = literal(None, "plan/prefill", "as a rate")
    return replace(prefill, traffic=replace(traffic, users=none, requestsPerSecond=rate))
