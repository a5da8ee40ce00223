"""The typed spec of the load of a model, and of the latency that it must hold."""

from typing import Any

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import spec_field

_SECONDS = r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,3})?m?s$"


def _limit(whom: str) -> Any:
    """The limit of a percentile. A value of the user keeps its unit: a trace shows it as typed."""
    return spec_field(
        f"Limit that {whom} hold, such as 500ms or 2s.",
        None,
        pattern=_SECONDS,
        allowed="a duration such as 500ms or 2s",
    )


@record
class Traffic:
    """The requests that a model gets, on all its replicas together."""

    requestsPerSecond: Traced[float | None] = spec_field(
        "Requests per second, which arrive independently of each other.",
        None,
        minimum=0.0001,
        maximum=100000,
    )
    users: Traced[int | None] = spec_field(
        "Users, instead of requestsPerSecond. Each user sends the next request when the last one "
        "is answered.",
        None,
        minimum=1,
        maximum=10000000,
    )
    inputTokens: Traced[int | None] = spec_field(
        "Mean number of tokens of a prompt.", None, minimum=1, maximum=10000000
    )
    outputTokens: Traced[int | None] = spec_field(
        "Mean number of tokens of an answer.", None, minimum=1, maximum=10000000
    )
    prefixShare: Traced[float] = spec_field(
        "Share of a prompt that is in the prefix cache, from 0 to 1.",
        0.0,
        minimum=0,
        maximum=1,
        why="no part of a prompt is assumed to be cached",
    )


@record
class Percentiles:
    """Limits of a latency, by percentile."""

    p50: Traced[str | None] = _limit("half of the requests")
    p90: Traced[str | None] = _limit("90 of 100 requests")
    p95: Traced[str | None] = _limit("95 of 100 requests")
    p99: Traced[str | None] = _limit("99 of 100 requests")


@record
class Slo:
    """The latency that a model must hold under its traffic (service level objectives)."""

    ttft: Percentiles = spec_field("Time to the first token of an answer.", ())
    tpot: Percentiles = spec_field("Time per output token after the first.", ())


def says_load(traffic: Traffic) -> bool:
    """Whether the spec says what load a model gets: a rate or users, and both lengths."""
    load = traffic.requestsPerSecond.value or traffic.users.value
    return bool(load and traffic.inputTokens.value and traffic.outputTokens.value)


def percentiles(limits: Percentiles) -> tuple[Traced[str | None], ...]:
    """The limits of a latency, those that are not set too."""
    return limits.p50, limits.p90, limits.p95, limits.p99
