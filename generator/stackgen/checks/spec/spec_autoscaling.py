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
            )
        if model.get("replicas") is not None:
            yield violation(
                f"{name} has replicas and autoscaling, which sets them; remove replicas (in an "
                "overlay: replicas: null)",
                context.place(*path, "replicas", key=True),
                context.place(*here, key=True, note="autoscaling"),
            )
        if unwatched:
            yield violation(
                f"{name} has autoscaling, and observe.engine is none: nothing collects the metric",
                context.place(*here, key=True),
                context.place("spec", "observe", "engine", note="gmp or prometheus-operator"),
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
        )  # fmt: skip
    metric, target = asked.get("metric"), asked.get("target")
    if metric == KV_CACHE and isinstance(target, (int, float)) and target > 1:
        yield violation(
            f"{name} has target {target:g} of kv-cache, a share from 0 to 1; a target that works: "
            f"{target / 100 if target <= 100 else 0.8:g}",
            context.place(*here, "target"),
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
        )
    gateway = as_dict(context.spec.get("gateway")).get("class", "istio")
    if least == 0 and gateway != "istio":
        yield violation(
            f"{name} has autoscaling.min: 0 behind {gateway}, which waits "
            f"{_WAITS.get(gateway, '10 s')} for an endpoint picker: the requests that wake a "
            "server fail; set min: 1, or class: istio",
            place,
            context.place("spec", "gateway", "class", note="the gateway"),
        )
