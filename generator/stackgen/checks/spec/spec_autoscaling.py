"""Autoscaling that lacks a field, contradicts another one, or has no source of metrics."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.spec.autoscaling import HELD, KV_CACHE

# How long gateways wait for an endpoint picker, where not as long as those of GKE.
# envoy: envoyproxy/ai-gateway@07bd76db internal/extensionserver/inferencepool.go
_WAITS = {"envoy": "5 s"}


def check(context: SpecContext) -> Violations:
    """One finding for each contradiction of a model with autoscaling."""
    unwatched = as_dict(context.spec.get("observe")).get("engine") == "none"
    for path, model in context.items("serving", "models"):
        asked = model.get("autoscaling")
        if not isinstance(asked, dict):
            continue
        here, name = (*path, "autoscaling"), str(model.get("name", "a model"))
        missing = [field for field in ("max", "target") if asked.get(field) is None]
        if missing:
            yield violation(
                f"{name} has autoscaling without {' and '.join(missing)}",
                context.place(*here, key=True),
                impact="Not rendered. KEDA needs an upper bound, and the target of the metric.",
                remedy=f"Add {' and '.join(f'`{field}`' for field in missing)} to `autoscaling`.",
            )
        if model.get("replicas") is not None:
            yield violation(
                f"{name} has replicas and autoscaling, which sets them",
                context.place(*path, "replicas", key=True),
                context.place(*here, key=True, note="autoscaling"),
                impact="Not rendered. Delivery and KEDA would set different replicas in turn.",
                remedy="Remove `replicas`. In an overlay, set `replicas: null`.",
            )
        if unwatched:
            yield violation(
                f"{name} has autoscaling, and observe.engine is none: nothing collects the metric",
                context.place(*here, key=True),
                context.place("spec", "observe", "engine", note="gmp or prometheus-operator"),
                impact="Not rendered. Without metrics, the HorizontalPodAutoscaler has the "
                "condition ScalingActive: False, and the replicas stay as they are.",
                remedy="Set `observe.engine: gmp` or `prometheus-operator`.",
            )
        yield from _values(context, here, name, asked, model)


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
    metric, target = asked.get("metric"), asked.get("target")
    if metric == KV_CACHE and isinstance(target, (int, float)) and target > 1:
        works = target / 100 if target <= 100 else 0.8
        yield violation(
            f"{name} has target {target:g} of kv-cache, a share from 0 to 1",
            context.place(*here, "target"),
            impact="Not rendered. The metric is never above 1, so that KEDA would add no servers.",
            remedy=f"Set `autoscaling.target: {works:g}`.",
        )
    wants_picker = "min: 0" if least == 0 else f"metric: {HELD}" if metric == HELD else ""
    if not wants_picker:
        return
    place = context.place(*here, "min" if least == 0 else "metric")
    if model.get("scheduler") is False:
        yield violation(
            f"{name} has autoscaling.{wants_picker} and scheduler: false; requests that no server "
            "takes are counted in an endpoint picker alone",
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
