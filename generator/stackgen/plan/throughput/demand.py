"""The load of a model on its replicas: latency, the replicas that it needs, the cost of tokens.

Functions of a speed and of plain numbers, so that the same function gives a figure and the ends of
its range.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from stackgen.plan.throughput.load import Load, Speed, capacity, most, serve, tpot, ttft
from stackgen.record import record

LARGEST = 100_000  # replicas, beyond which no number is looked for
METRICS: Mapping[str, Callable[..., float]] = {"ttft": ttft, "tpot": tpot}
Answer = Callable[..., float | None]


@record
class Demand:
    """What a model gets from all clients: requests a second, or users; the other is 0."""

    rate: float
    users: float

    def on(self, replicas: float) -> Load:
        """The part of one replica."""
        return Load(self.rate / replicas, self.users / replicas)

    def __str__(self) -> str:
        return f"{self.users:g} users" if self.users else f"{self.rate:g} requests/s"


def running(speed: Speed, demand: Demand, replicas: int) -> float:
    """Sequences of a replica at the load; those of full load where more requests come."""
    service = serve(speed, demand.on(replicas)) if replicas else None
    return most(speed) if service is None else service.running


def latency(metric: str, at: str) -> Answer:
    """Seconds of a metric at a percentile; None where a queue grows."""

    def answer(speed: Speed, demand: Demand, replicas: int) -> float | None:
        service = serve(speed, demand.on(replicas)) if replicas else None
        return None if service is None else METRICS[metric](speed, service, at)

    return answer


def utilization(speed: Speed, demand: Demand, replicas: int) -> float | None:
    """Load of a replica / its full load; users count by their number. None without replicas."""
    if not replicas:
        return None
    load = demand.on(replicas)
    return load.users / most(speed) if load.users else load.rate / capacity(speed)


def full_load(speed: Speed, replicas: int) -> float:
    """Output tokens a second of all replicas at full load."""
    return capacity(speed) * speed.lengths.output * replicas


def tokens(speed: Speed, demand: Demand, replicas: int) -> float | None:
    """Output tokens a second: of all requests, or what full load makes of them."""
    if not replicas:
        return None
    service = serve(speed, demand.on(replicas))
    rate = capacity(speed) if service is None else service.rate
    return rate * replicas * speed.lengths.output


def needed(asked: Sequence[tuple[str, str]]) -> Answer:
    """The fewest replicas that hold limits and load; None where no number does.

    asked: metric and percentile of each limit. The answer takes the highest load of a replica, and
    the seconds of each limit.
    """

    def answer(speed: Speed, demand: Demand, highest: float, *seconds: float) -> int | None:
        def holds(replicas: int) -> bool:
            service = serve(speed, demand.on(replicas))
            if service is None or (utilization(speed, demand, replicas) or 0) > highest:
                return False
            limits = zip(asked, seconds, strict=True)
            return all(METRICS[metric](speed, service, at) <= s for (metric, at), s in limits)

        high = 1
        while not holds(high):
            high *= 2
            if high > LARGEST:
                return None
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if holds(middle) else (middle, high)
        return high

    return answer


def cost(asked: Sequence[tuple[str, str]], prompts: bool) -> Answer:
    """USD per million tokens at the larger of the replicas of the spec and those that are needed.

    prompts: whether the tokens of prompts count too. The answer takes the replicas, what `needed`
    takes, and the USD an hour of a replica.
    """
    fewest = needed(asked)

    def answer(
        speed: Speed, demand: Demand, replicas: int, highest: float, *rest: float
    ) -> float | None:
        *seconds, price = rest
        least = fewest(speed, demand, highest, *seconds)
        if least is None:
            return None
        count = max(int(least), replicas)
        service = serve(speed, demand.on(count))
        each = speed.lengths.output + (speed.lengths.input if prompts else 0)
        return None if service is None else per_million(price, service.rate * each)

    return answer


def full_cost(speed: Speed, price: float) -> float:
    """USD per million output tokens at full load."""
    return per_million(price, capacity(speed) * speed.lengths.output)


def per_million(usd_per_hour: float, tokens_per_s: float) -> float:
    """USD of a million tokens."""
    return usd_per_hour / 3600 / tokens_per_s * 1e6
