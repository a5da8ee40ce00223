"""Autoscaling of a model and its objectives of latency, from what KEDA and alerts are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, maps
from stackgen.facts.workloads import Workload
from stackgen.manifest.resource import Bundle, Resource
from stackgen.spec.autoscaling import CONCURRENT, HELD, KV_CACHE, LATENCIES, TOKENS, WAITING

_METRICS = (CONCURRENT, HELD, KV_CACHE, TOKENS, WAITING, *LATENCIES)
_ALERTS = {"PrometheusRule": "monitoring.coreos.com", "Rules": "monitoring.googleapis.com"}
_OBJECTIVE = re.compile(r"(ttft|tpot) (p50|p90|p95|p99)")
_LOAD = re.compile(
    r"The limit is for ([0-9.e+-]+) (users|requests per second), ([0-9]+) output tokens and "
    r"([0-9]+) input tokens(?:, of which ([0-9.e+-]+)% are in the prefix cache)?\."
)
_LIMIT = re.compile(r".* of ([0-9.]+m?s)\. .*")


def autoscaling(bundle: Bundle, workload: Workload) -> dict[str, Any]:
    """`autoscaling` of a model; empty for a scaler that a stack does not render."""
    resource = workload.resource
    half = workload.service is not None and workload.part.startswith("prefill")
    for least, most, fields in _scalers(bundle, resource, ("prefill",) if half else ()):
        trigger = next((one for _, one in maps(fields.get("triggers"))), {})
        metric = trigger.get("name")
        target = number(as_dict(trigger.get("metadata")).get("threshold"))
        if metric not in _METRICS or target is None or not isinstance(most, int):
            continue
        idle = fields.get("idleReplicaCount") == 0
        made: dict[str, Any] = {
            "min": 0 if idle else least if isinstance(least, int) else 1,
            "max": most,
            "metric": metric,
            "target": int(target) if target == int(target) else float(target),
        }
        behavior: Any = as_dict(fields.get("advanced"))
        for key in ("horizontalPodAutoscalerConfig", "behavior", "scaleDown"):
            behavior = as_dict(behavior.get(key))
        window = behavior.get("stabilizationWindowSeconds")
        return {**made, **({"scaleDownSeconds": window} if isinstance(window, int) else {})}
    return {}


def _scalers(
    bundle: Bundle, server: Resource, part: tuple[str, ...]
) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
    """Bounds and fields of a scaler in the object of a server, and of those named as it."""
    own = as_dict(server.get("spec", *part, "scaling"))
    yield own.get("minReplicas"), own.get("maxReplicas"), as_dict(own.get("keda"))
    for one in bundle.of_kind("ScaledObject", "keda.sh"):
        if (one.name, one.namespace) == (server.name, server.namespace):
            fields = as_dict(one.data.get("spec"))
            yield fields.get("minReplicaCount"), fields.get("maxReplicaCount"), fields


def objectives(bundle: Bundle, name: str) -> dict[str, Any]:
    """`slo` and `traffic` of a model, from the alerts on its error budgets; empty for none."""
    made: dict[str, Any] = {}
    for kind, group in _ALERTS.items():
        for one in bundle.of_kind(kind, group):
            for _, rules in maps(one.get("spec", "groups")):
                for _, rule in maps(rules.get("rules")):
                    _objective(rule, name, made)
    return made if made.keys() == {"slo", "traffic"} else {}


def _objective(rule: dict[str, Any], name: str, made: dict[str, Any]) -> None:
    labels, notes = as_dict(rule.get("labels")), as_dict(rule.get("annotations"))
    asked = _OBJECTIVE.fullmatch(str(labels.get("slo")))
    limit = _LIMIT.fullmatch(str(notes.get("summary")))
    load = _LOAD.fullmatch(str(notes.get("description")))
    if labels.get("model") != name or not (asked and limit and load):
        return
    made.setdefault("slo", {}).setdefault(asked[1], {})[asked[2]] = limit[1]
    many = "users" if load[2] == "users" else "requestsPerSecond"
    values = {
        many: load[1],
        "outputTokens": load[3],
        "inputTokens": load[4],
        "prefixShare": None if load[5] is None else str(round(float(load[5]) / 100, 12)),
    }
    numbers = {key: number(value) for key, value in values.items() if value is not None}
    made["traffic"] = {k: int(v) if v == int(v) else v for k, v in numbers.items() if v is not None}
