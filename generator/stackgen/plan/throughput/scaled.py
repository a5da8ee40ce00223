"""The value of a metric per replica under a load, and the replicas at which it holds a target."""

from __future__ import annotations

import math

from stackgen.plan.throughput.demand import Demand
from stackgen.plan.throughput.load import Speed, capacity, most, serve
from stackgen.spec.autoscaling import CONCURRENT, KV_CACHE, TOKENS


def at_full_load(speed: Speed, metric: str) -> float:
    """The most that one replica shows; without an end for what waits."""
    if metric == TOKENS:
        return capacity(speed) * speed.lengths.output
    return _kv_share(speed, most(speed)) if metric == KV_CACHE else math.inf


def per_replica(speed: Speed, metric: str, demand: Demand, replicas: int) -> float:
    """The mean of the metric over `replicas` that share the load."""
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


def settled(speed: Speed, demand: Demand, metric: str, target: float, low: int, high: int) -> int:
    """The replicas that KEDA keeps under a steady load; at least one."""
    low = max(1, low)
    fitting = (n for n in range(low, high) if per_replica(speed, metric, demand, n) <= target)
    return next(fitting, max(low, high))


def target_for(speed: Speed, demand: Demand, metric: str, replicas: int) -> float:
    """A target at which the load gets `replicas`: what each of them shows, with two digits."""
    value = per_replica(speed, metric, demand, replicas)
    return float(f"{value:.2g}") if math.isfinite(value) else value


def _kv_share(speed: Speed, running: float) -> float:
    """Of the KV cache: a sequence has its prompt, and on average half of its output."""
    tokens = speed.lengths.input + speed.lengths.output / 2
    return min(1.0, running * tokens / speed.server.kv_tokens)
