"""Replicas that follow a metric: what KEDA is told of a model.

KEDA reads the metrics from Prometheus, and makes a HorizontalPodAutoscaler that takes them as
values per replica. At zero replicas, there are no metrics of servers, only of the endpoint picker.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

from stackgen.origin import ALL, Because, Traced, When, all_of, any_of, computed, is_value
from stackgen.plan.autoscaling import LONGEST_PERIOD, SHORTEST_PERIOD, Scaling, is_scaled
from stackgen.plan.model import ModelPlan, Plan
from stackgen.render.model_pod import FOLDER
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.spec.autoscaling import (
    CONCURRENT,
    HELD,
    KV_CACHE,
    LATENCIES,
    TOKENS,
    TPOT,
    TTFT,
    WAITING,
)

GROUP = "keda.sh/v1alpha1"
AUTHENTICATION = "google-cloud"
_KEPT = 58  # characters of the name of a ReplicaSet, in the names of its Pods
POLLING_SECONDS = 15  # as often as the HorizontalPodAutoscaler looks
_METRICS = {
    "running", "waiting", "kv_cache", "tokens", "epp_held", "epp_running", "first_token",
    "time_per_token",
}  # fmt: skip
_HELD, _RUNNING = "sum({epp_held}{{{picker}}})", "sum({epp_running}{{{picker}}})"
_QUERIES = {
    CONCURRENT: "sum({running}{{{servers}}}) + sum({waiting}{{{servers}}})",
    WAITING: "sum({waiting}{{{servers}}})",
    KV_CACHE: "sum({kv_cache}{{{servers}}})",
    TOKENS: "sum(rate({tokens}{{{servers}}}[2m]))",
    HELD: _HELD,
}
_HISTOGRAMS = {TTFT: "first_token", TPOT: "time_per_token"}
# A sum over nothing is no number: the endpoint picker has no such series before the first request.
_DEMAND = f"({_HELD} or vector(0)) + ({_RUNNING} or vector(0))"


def scaled_fields(
    plan: Plan, model: ModelPlan, servers: Traced[str], picker: Traced[str],
    config: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The fields of a ScaledObject besides its target and its bounds; empty without autoscaling.

    servers, picker: regular expressions for the names of the pods. config: more settings of the
    HorizontalPodAutoscaler.
    """
    scaling = model.scaling
    if scaling is None:
        return {}
    why = "no more than twice as many in the time of a start"
    behavior = {
        "scaleUp": Because({
            "policies": [
                {"type": kind, "value": value, "periodSeconds": scaling.period}
                for kind, value in (("Percent", 100), ("Pods", 1))
            ],
            "selectPolicy": "Max",
        }, "serving/scale-up", why),
        "scaleDown": {
            "stabilizationWindowSeconds": scaling.window,
            "policies": When(_follows_latency(scaling), Because(
                [{"type": "Pods", "value": 1, "periodSeconds": scaling.window.map(
                    "period", "a latency does not say how many servers are too many",
                    lambda window: max(SHORTEST_PERIOD, min(LONGEST_PERIOD, window)),
                )}],
                "serving/scale-down", "one server at a time: the latency of fewer is not known",
            )),
        },
    }  # fmt: skip
    return {
        "pollingInterval": POLLING_SECONDS,
        "cooldownPeriod": When(scaling.to_zero, scaling.window),
        "idleReplicaCount": When(scaling.to_zero, 0),
        "advanced": {"horizontalPodAutoscalerConfig": {**(config or {}), "behavior": behavior}},
        "triggers": _triggers(plan, scaling, servers, picker),
    }


def least_active(model: ModelPlan) -> Traced[int]:
    """The fewest replicas while requests come."""
    return model.fewest.map("at least one", "while requests come", lambda n: max(1, n))


def _triggers(plan: Plan, scaling: Scaling, servers: Traced[str], picker: Traced[str]) -> list[Any]:
    demand = all_of(scaling.to_zero, is_value(scaling.metric, CONCURRENT))
    apart = computed(
        ALL, "", lambda zero, metric: zero and metric != CONCURRENT, scaling.to_zero,
        scaling.metric,
    )  # fmt: skip
    query = _query(plan, _DEMAND if demand.value else _template(scaling), servers, picker,
                   scaling.metric, demand, scaling.target, scaling.lower, scaling.at)  # fmt: skip
    wake = _query(plan, _DEMAND, servers, picker)
    return [
        _trigger(plan, scaling.metric, query, scaling.target, scaling.to_zero),
        When(apart, _trigger(plan, "requests", wake, scaling.at_once, scaling.to_zero)),
    ]


def _follows_latency(scaling: Scaling) -> Traced[bool]:
    return scaling.metric.map("a latency", "by the metric", lambda metric: metric in LATENCIES)


def _template(scaling: Scaling) -> str:
    """The query of the metric over all servers.

    A latency is no sum over servers: above the target, the servers that answer count as many times
    as it exceeds it. Below the lower bound, fewer count. Without requests none do.
    """
    metric, low = scaling.metric.value, scaling.lower.value
    if low is None:
        return _QUERIES[metric]
    name, share = _HISTOGRAMS[metric], int(scaling.at.value[1:]) / 100
    late = (
        f"histogram_quantile({share:g}, "
        f"sum by (le) (rate({{{name}}}_bucket{{{{{{servers}}}}}}[2m])))"
    )
    high = scaling.target.value
    servers = "count(count by (pod) ({running}{{{servers}}}))"
    return (
        f"{servers} * (({late} > {high:g}) or ({late} < {low:g}) * {high / low:.4g} or "
        f"({late} >= {low:g}) * 0 + {high:g}) or {servers} * 0"
    )


def _trigger(
    plan: Plan, name: str | Traced[str], query: Traced[str], target: Traced[float],
    to_zero: Traced[bool],
) -> dict[str, Any]:  # fmt: skip
    return {
        "type": "prometheus",
        "name": name,
        "metricType": "AverageValue",
        "metadata": {
            "serverAddress": _address(plan),
            "query": query,
            "threshold": target.map("text", "of one replica", lambda value: f"{value:g}"),
            # With no replica, nothing is no failure. Else it is: the replicas stay as they are.
            "ignoreNullValues": to_zero.map(
                "text", "no metrics are not taken for no load", lambda zero: str(zero).lower()
            ),
        },
        "authenticationRef": When(_of_google(plan), {"name": AUTHENTICATION}),
    }


def authentication(plan: Plan) -> Rendered:
    """KEDA reads the metrics of Google Cloud with the account of its own pods."""
    wanted = any_of(*(is_scaled(model.spec) for model in plan.servers))
    return obj(
        Scope(plan, FOLDER, plan.stack.spec.serving.namespace), GROUP, "TriggerAuthentication",
        AUTHENTICATION, {"spec": {"podIdentity": {"provider": "gcp"}}},
        when=all_of(_of_google(plan), wanted), rule="serving/scaler-identity",
        why="KEDA reads Managed Service for Prometheus as itself, without a key",
    )  # fmt: skip


def _of_google(plan: Plan) -> Traced[bool]:
    return is_value(plan.stack.spec.observe.engine, "gmp")


def _address(plan: Plan) -> Traced[str]:
    spec, release = plan.stack.spec, plan.release
    if spec.observe.engine.value == "gmp":
        return computed(
            "address", "where the metrics are", lambda form, project, _: form.format(project),
            release.value("autoscaling", "google_prometheus"), spec.cluster.project,
            spec.observe.engine,
        )  # fmt: skip
    return computed(
        "address", "where the metrics are", lambda form, space, _: form.format(space),
        release.value("autoscaling", "prometheus"), spec.observe.namespace, spec.observe.engine,
    )  # fmt: skip


def _query(
    plan: Plan, template: str, servers: Traced[str], picker: Traced[str], *by: Traced[Any]
) -> Traced[str]:
    """The query over all replicas of a model. by: what decides the template."""
    spec = plan.stack.spec
    names = [field for _, field, _, _ in Formatter().parse(template) if field in _METRICS]
    # The metrics of a project are those of all its clusters.
    return computed(
        "query", "metrics of the release, of all replicas of the model",
        lambda metrics, servers, picker, space, cluster, location, engine, _: template.format(
            servers=_where(engine, space, cluster, location, servers),
            picker=_where(engine, space, cluster, location, picker),
            **dict(zip(names, metrics, strict=True)),
        ),
        [plan.release.value("metrics", name) for name in names], servers, picker,
        spec.serving.namespace, plan.cluster_name, spec.cluster.location, spec.observe.engine, by,
    )  # fmt: skip


def _where(engine: str, space: str, cluster: str, location: str, pods: str) -> str:
    here = f'cluster="{cluster}",location="{location}",' if engine == "gmp" else ""
    return f'{here}namespace="{space}",pod=~"{pods}"'


def pods_of(
    deployment: Traced[str], groups: Traced[str], grouped: Traced[bool] | None = None
) -> Traced[str]:
    """A regular expression for the names of the Pods of a Deployment, or of the leaders of groups.

    grouped: whether a server is a group; None for a Deployment.
    """
    return computed(
        "names of Pods", "as their controllers call them",
        lambda name, group, grouped: (
            f"{group}-[0-9]+" if any(grouped) else _of_deployment(name)
        ),
        deployment, groups, [] if grouped is None else [grouped],
    )  # fmt: skip


def _of_deployment(name: str) -> str:
    """A ReplicaSet adds a hash of at most 10 characters. Pods keep 58 characters of its name.

    Source: Kubernetes v1.36, apiserver pkg/storage/names and pkg/controller/deployment.
    """
    if len(name) + len("-0123456789-") <= _KEPT:
        return f"{name}-[a-z0-9]+-[a-z0-9]{{5}}"
    return f"{f'{name}-'[:_KEPT]}[a-z0-9]*-?[a-z0-9]{{5}}"
