"""The figures of models under their traffic: rows for people, JSON, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stackgen.origin import Origin
from stackgen.plan.autoscaling import bounds
from stackgen.plan.prefill import DECODE, PREFILL
from stackgen.plan.throughput.durations import in_words
from stackgen.report.plan_facts import UNKNOWN, Planned

if TYPE_CHECKING:
    from stackgen.plan.throughput.figures import Figure, Performance
    from stackgen.plan.throughput.speed import Basis

ESTIMATED = "estimated"  # the kind of a basis
NONE = "none"  # a queue that grows, or no number of replicas


def rows(found: Performance) -> Iterator[tuple[str, ...]]:
    """Label, value, range, limit and basis of each figure."""
    for label, figure, limit in figures(found):
        value = _shown(label, figure.value.value)
        yield label, value, _range(label, figure), limit, figure.basis.kind


def by_model(planned: Planned) -> Iterator[tuple[str, Performance | str]]:
    """Name and figures of each model with traffic."""
    for model, found in zip(planned.plan.servers, planned.estimate.traffic, strict=True):
        if found is not None:
            yield model.spec.name.value, found


def figures(found: Performance) -> Iterator[tuple[str, Figure, str]]:
    """Label, figure, and limit in words, in the order of the table."""
    traffic, limits = found.model, {(x.metric, x.at): x for x in found.limits}
    left_out = {PREFILL: "tpot", DECODE: "ttft"}.get(found.role)
    if found.role != PREFILL:
        yield "output tokens/s, full load", found.full, ""
        yield "output tokens/s", found.tokens, ""
    yield "load of a replica", found.utilization, ""
    for (metric, at), figure in found.latencies.items():
        if metric == left_out:
            continue
        limit = limits.get((metric, at))
        words = "" if limit is None else _shown(metric, limit.seconds.value)
        yield f"{metric.upper()} {at}", figure, words
    yield "replicas needed", found.needed, bounds(traffic)
    if found.role == PREFILL:
        yield "USD/million prompt tokens", found.total_cost, ""
        return
    yield "USD/million output tokens", found.output_cost, ""
    if not found.role:
        yield "USD/million tokens", found.total_cost, ""
    yield "USD/million output, full load", found.full_cost, ""


def reasons(found: Performance) -> Iterator[str]:
    """What the figures rest on, and how far off such figures were: each basis once."""
    latencies = list(found.latencies.values())
    others = [figure for _, figure, _ in figures(found) if figure not in latencies]
    said = dict.fromkeys(figure.basis for figure in others)
    for basis in said:
        yield f"{basis.kind}{_error(basis)}: {basis.why}"
    known = {basis.why for basis in said}
    for basis in dict.fromkeys(figure.basis for figure in latencies):
        if basis not in said:
            why = "" if basis.why in known else f": {basis.why}"
            yield f"latency: {basis.kind}{_error(basis)}{why}"
    if any(figure.basis.kind == ESTIMATED for figure in latencies):
        yield "No published run shows TTFT below full load: its estimate is compared with none."


def _error(basis: Basis) -> str:
    return f" within a factor of {basis.spread:.2f} in 9 of 10 cases" if basis.spread > 1 else ""


def facts(planned: Planned) -> Iterator[tuple[str, str]]:
    """Every figure by a name that says what it is, for the comparison of two plans."""
    for name, found in by_model(planned):
        if isinstance(found, str):
            yield f"{name}: traffic", UNKNOWN
            continue
        for label, figure, _ in figures(found):
            yield f"{name}: {label}", _shown(label, figure.value.value)
            if label == "replicas needed":
                yield f"{name}: basis", figure.basis.kind


def origins(planned: Planned) -> Iterator[tuple[str, Origin]]:
    """What `--explain` explains of traffic."""
    for name, found in by_model(planned):
        if not isinstance(found, str):
            for label, figure, _ in figures(found):
                yield f"{name}: {label}", figure.value.origin
            spreads = planned.plan.catalog.copy().roofline("errors")
            for kind in spreads.data["spread"]:
                yield f"{name}: range, {kind}", spreads.value("spread", kind).origin


def content(found: Performance | str | None) -> dict[str, Any] | None:
    """The figures as JSON; times in seconds, loads as shares of full load."""
    if found is None or isinstance(found, str):
        return None if found is None else {"unknown": found}
    traffic = found.model.traffic
    return {
        "requestsPerSecond": traffic.requestsPerSecond.value,
        "users": traffic.users.value,
        "inputTokens": traffic.inputTokens.value,
        "outputTokens": traffic.outputTokens.value,
        "prefixShare": traffic.prefixShare.value,
        "outputTokensPerSecond": _number(found.tokens),
        "fullLoadOutputTokensPerSecond": _number(found.full),
        "load": _number(found.utilization),
        "latency": [
            {"metric": metric, "percentile": at, "seconds": _number(figure)}
            for (metric, at), figure in found.latencies.items()
        ],
        "slo": [
            {
                "metric": x.metric, "percentile": x.at, "seconds": x.seconds.value,
                "holds": x not in found.missed,
                "holdsWhenIdle": all(x != limit for limit, _ in found.never),
            }
            for x in found.limits
        ],
        "replicasNeeded": _number(found.needed),
        "usdPerMillionOutputTokens": _number(found.output_cost),
        "usdPerMillionTokens": _number(found.total_cost),
        "fullLoadUsdPerMillionOutputTokens": _number(found.full_cost),
    }  # fmt: skip


def _number(figure: Figure) -> dict[str, Any]:
    return {
        "value": _rounded(figure.value.value), "low": _rounded(figure.low),
        "high": _rounded(figure.high), "basis": figure.basis.kind, "why": figure.basis.why,
        "withinFactor": figure.basis.spread,
    }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def asked(found: Performance) -> str:
    """The traffic of a model in words."""
    traffic = found.model.traffic
    rate, users = traffic.requestsPerSecond.value, traffic.users.value
    load = f"{users:,} users" if users else f"{rate:,g} requests/s"
    cached = traffic.prefixShare.value
    part = f", {cached:.0%} of the prompt cached" if cached else ""
    part = ", prompts read by prefill servers" if found.role == DECODE else part
    replicas = found.replicas.value
    scaled = found.model.autoscaling.max.value is not None
    of = f" of {bounds(found.model)}, by autoscaling" if scaled else ""
    return (
        f"{load} of {traffic.inputTokens.value:,} + {traffic.outputTokens.value:,} tokens{part}, "
        f"on {replicas} replica{'s' if replicas != 1 else ''}{of}"
    )


def _range(label: str, figure: Figure) -> str:
    if figure.low == figure.high:
        return ""
    low = _shown(label, figure.low)
    # The slow end is a queue that grows, or has no number of replicas.
    return f"{low} or more" if figure.high is None else f"{low}-{_shown(label, figure.high)}"


def _shown(label: str, value: float | None) -> str:
    """A value in the unit of its row."""
    if value is None:
        return UNKNOWN if label.startswith("USD") else NONE
    if label.lower().startswith(("ttft", "tpot")):
        return in_words(value)
    if label.startswith("USD"):
        return f"{value:,.2f}"
    if label.startswith("load"):
        return f"{value:.0%}"
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"
