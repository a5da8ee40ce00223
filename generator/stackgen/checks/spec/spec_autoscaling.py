"""Autoscaling that lacks a field, contradicts another one, or has no source of metrics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.pass_shape import set_example
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.plan.prefill import PREFILL
from stackgen.spec.autoscaling import CONCURRENT, HELD, KV_CACHE, LATENCIES, TOKENS, TPOT, TTFT

# What tells nothing of a role ("": decode), by metric. The detector of saturation averages over
# all servers of the pool, and holds requests back where there are none.
# Source: llm-d/llm-d-router@ebab6879 pkg/epp/framework/plugins/flowcontrol/saturationdetector
_OF_POOL = "the endpoint picker holds requests for both roles, and does not say which one is full"
_NOT_OF = {
    PREFILL: {
        TOKENS: "a prefill server writes one token of an answer",
        TPOT: "decode servers write the tokens after the first one",
        HELD: _OF_POOL,
    },
    "": {TTFT: "prefill servers write the first token", HELD: _OF_POOL},
}
# How long gateways wait for an endpoint picker, where not as long as those of GKE.
# envoy: envoyproxy/ai-gateway@07bd76db internal/extensionserver/inferencepool.go
_WAITS = {"envoy": "5 s"}
# Targets of metrics that are not requests, as examples.
_TARGETS = {KV_CACHE: 0.8, TOKENS: 5000, TTFT: 1, TPOT: 0.05}
_LONGEST_LATENCY = 120  # seconds; longer ones are milliseconds


def check(context: SpecContext) -> Violations:
    """One finding for each contradiction of a model with autoscaling."""
    unwatched = as_dict(context.spec.get("observe")).get("engine") == "none"
    for path, model, servers in _roles(context):
        asked = servers.get("autoscaling")
        if not isinstance(asked, dict):
            continue
        here, name = (*path, "autoscaling"), str(model.get("name", "a model"))
        name += "-prefill" if servers is not model else ""
        metric = text(asked.get("metric"))
        derived = metric in LATENCIES and _limited(model, metric)
        missing = [
            field for field in ("max", "target")
            if asked.get(field) is None and not (field == "target" and derived)
        ]  # fmt: skip
        if missing:
            more = (
                f" Or set `slo.{metric}`, from which it is computed."
                if "target" in missing and metric in LATENCIES
                else ""
            )
            yield violation(
                f"{name} has autoscaling without {' and '.join(missing)}",
                context.place(*here, key=True),
                impact="Not rendered. KEDA needs an upper bound, and the target of the metric.",
                remedy=" ".join(
                    f"Set `autoscaling.target: {_TARGETS[metric]}`."
                    if field == "target" and metric in _TARGETS
                    else set_example((*here, field))
                    for field in missing
                )
                + more,
            )
        if servers.get("replicas") is not None:
            yield violation(
                f"{name} sets both replicas and autoscaling, which controls the replicas",
                context.place(*path, "replicas", key=True),
                context.place(*here, key=True, note="autoscaling"),
                impact="Not rendered. Delivery and KEDA would set different replicas in turn.",
                remedy="Remove `replicas`. In an overlay, set `replicas: null`.",
            )
        if unwatched:
            yield violation(
                f"{name} has autoscaling, but observe.engine is none, so the metric is not "
                "collected",
                context.place(*here, key=True),
                context.place("spec", "observe", "engine", note="gmp or prometheus-operator"),
                impact="Not rendered. Without metrics, the HorizontalPodAutoscaler has the "
                "condition ScalingActive: False, and the replicas stay as they are.",
                remedy="Set `observe.engine: gmp` or `prometheus-operator`.",
            )
        yield from _values(context, here, name, asked, model)
        if isinstance(model.get("prefill"), dict):
            yield from _of_role(context, here, name, asked, PREFILL if servers is not model else "")


def _roles(context: SpecContext) -> Iterator[tuple[Path, dict[str, Any], dict[str, Any]]]:
    """Path of the servers, their model, and its part with the fields of the servers."""
    for path, model in context.items("serving", "models"):
        yield path, model, model
        if isinstance(model.get("prefill"), dict):
            yield (*path, "prefill"), model, model["prefill"]


def _limited(model: dict[str, Any], metric: str) -> bool:
    """Whether the SLO limits a latency."""
    limits = as_dict(as_dict(model.get("slo")).get(metric))
    return any(limit is not None for limit in limits.values())


def _of_role(
    context: SpecContext, here: Path, name: str, asked: dict[str, Any], role: str
) -> Violations:
    """What the servers of one role of a model cannot follow."""
    metric = text(asked.get("metric", CONCURRENT))
    if metric in _NOT_OF[role]:
        usual = KV_CACHE if not role else CONCURRENT
        yield violation(
            f"{name} follows {metric}; {_NOT_OF[role][metric]}",
            context.place(*here, "metric"),
            impact="Not rendered. The number of servers would not follow their load.",
            remedy=f"Set another `autoscaling.metric`, such as {usual}.",
        )
    if whole(asked.get("min", 1)) == 0:
        yield violation(
            f"{name} has autoscaling.min: 0 beside servers of the other role; the endpoint picker "
            "holds requests back only while its InferencePool has no server at all",
            context.place(*here, "min"),
            impact="Not rendered. Requests would fail, or be served without prefill, and no "
            "metric would start the servers.",
            remedy="Set `autoscaling.min: 1`.",
        )


def _values(
    context: SpecContext, here: Path, name: str, asked: dict[str, Any], model: dict[str, Any]
) -> Violations:
    least, most = whole(asked.get("min", 1)), whole(asked.get("max"))
    if least is not None and most is not None and least > most:
        yield violation(
            f"{name} has autoscaling.min {least}, which is larger than max {most}",
            context.place(*here, "min"), context.place(*here, "max", note="max"),
            impact="Not rendered. No number of replicas is within the bounds.",
            remedy=f"Set `autoscaling.max` to {least} or more, or lower `autoscaling.min`.",
        )  # fmt: skip
    metric, target = text(asked.get("metric")), asked.get("target")
    if metric == KV_CACHE and isinstance(target, (int, float)) and target > 1:
        works = target / 100 if target <= 100 else 0.8
        yield violation(
            f"{name} has target {target:g} of kv-cache, a share from 0 to 1",
            context.place(*here, "target"),
            impact="Not rendered. The metric is never above 1, so that KEDA would add no servers.",
            remedy=f"Set `autoscaling.target: {works:g}`.",
        )
    if metric in LATENCIES and isinstance(target, (int, float)) and target > _LONGEST_LATENCY:
        yield violation(
            f"{name} has target {target:g} of {metric}, in seconds",
            context.place(*here, "target"),
            impact="Not rendered. No request waits so long, so that KEDA would add no servers.",
            remedy=f"Set `autoscaling.target: {target / 1000:g}` for {target:g} ms.",
        )
    wants_picker = "min: 0" if least == 0 else f"metric: {HELD}" if metric == HELD else ""
    if not wants_picker:
        return
    place = context.place(*here, "min" if least == 0 else "metric")
    if model.get("scheduler") is False:
        yield violation(
            f"{name} has autoscaling.{wants_picker} and scheduler: false; only an endpoint "
            "picker counts requests that wait for a server",
            place,
            impact="Not rendered. The metric has no values, so that KEDA would add no server.",
            remedy="Remove `scheduler: false`, or set "
            + ("`autoscaling.min: 1`." if least == 0 else "another `autoscaling.metric`."),
        )
    gateway = as_dict(context.spec.get("gateway")).get("class", "istio")
    if least == 0 and gateway != "istio":
        yield violation(
            f"{name} has autoscaling.min: 0 behind {gateway}, which waits "
            f"{_WAITS.get(gateway, '10 s')} for an endpoint picker",
            place,
            context.place("spec", "gateway", "class", note="the gateway"),
            impact="Not rendered. The requests that start a server would fail.",
            remedy="Set `autoscaling.min: 1`, or `gateway.class: istio`.",
        )
