"""Alerts and the dashboard, on metrics that vLLM and the endpoint picker really export."""

from __future__ import annotations

from string import Formatter
from typing import Any

from stackgen.origin import Traced, computed, text
from stackgen.plan.model import Plan


def alert_rules(plan: Plan) -> list[dict[str, Any]]:
    """The alerts, in the form Prometheus rules have everywhere."""
    metric = _metrics(plan)
    space = plan.stack.spec.serving.namespace
    return [
        _alert(
            "ModelServerQueueing", "10m", "warning",
            text('max by (namespace, pod) ({}{{namespace="{}"}}) > 20', metric["waiting"], space),
            "Requests wait for a model server for 10 minutes: add replicas, or nodes to its pool.",
        ),
        _alert(
            "ModelServerCacheFull", "10m", "warning",
            text(
                'max by (namespace, pod) ({0}{{namespace="{2}"}} or {1}{{namespace="{2}"}}) > 0.95',
                metric["kv_cache"], metric["kv_cache_old"], space,
            ),
            "The KV cache is full: requests are preempted. Shorten contexts or add replicas.",
        ),
        _alert(
            "ModelServerSlow", "15m", "warning",
            text(
                "histogram_quantile(0.95, sum by (namespace, pod, le) "
                '(rate({}_bucket{{namespace="{}"}}[5m]))) > 60',
                metric["latency"], space,
            ),
            "One request in twenty takes longer than a minute.",
        ),
        _alert(
            "NoModelServerReady", "5m", "critical",
            text('max by (name) ({}{{namespace="{}"}}) == 0', metric["epp_ready_pods"], space),
            "The endpoint picker knows no ready model server: every request fails.",
        ),
        _alert(
            "RequestsFail", "10m", "critical",
            text(
                'sum(rate({0}{{namespace="{2}"}}[5m])) / '
                'sum(rate({1}{{namespace="{2}"}}[5m])) > 0.05',
                metric["epp_errors"], metric["epp_requests"], space,
            ),
            "More than one request in twenty fails.",
        ),
    ]  # fmt: skip


def dashboard(plan: Plan) -> Traced[dict[str, Any]]:
    """A Grafana dashboard with one panel for each of the main figures."""
    gateway = plan.stack.spec.gateway
    return computed(
        "dashboard", "panels on the stack's own metrics", _board,
        plan.stack.metadata.name, plan.stack.spec.serving.namespace, gateway.namespace,
        gateway.class_, **_metrics(plan),
    )  # fmt: skip


_P95 = "histogram_quantile(0.95, sum by (le) (rate({%s}_bucket{%s}[5m])))"
# Title, unit and query; a panel is there if the release names each metric of its query.
_PANELS = (
    ("Requests waiting", "short", "sum by (pod) ({waiting}{by})"),
    ("Requests running", "short", "sum by (pod) ({running}{by})"),
    ("KV cache in use", "percentunit", "max by (pod) ({kv_cache}{by})"),
    (
        "Prefix cache hit rate", "percentunit",
        ("sum by (pod) (rate({prefix_hits}{by}[5m])) / "
        "sum by (pod) (rate({prefix_queries}{by}[5m]))"),
    ),
    ("Time to first token, p95", "s", _P95 % ("first_token", "by")),
    ("Request latency, p95", "s", _P95 % ("latency", "by")),
    ("Ready model servers", "short", "max by (name) ({epp_ready_pods}{by})"),
    ("Requests per second", "reqps", "sum(rate({epp_requests}{by}[5m]))"),
    ("Endpoint picker: queue by server", "short", "max by (model_server_pod) ({epp_queue}{by})"),
    ("Endpoint picker: latency, p95", "s", _P95 % ("epp_latency", "by")),
    (
        "Gateway: requests by response code", "reqps",
        "sum by (response_code) (rate({gateway_requests}{front}[5m]))",
    ),
    ("Gateway: latency, p95", "ms", _P95 % ("gateway_latency", "front")),
)  # fmt: skip


def _board(name: str, space: str, gateway: str, class_: str, **metric: str) -> dict[str, Any]:
    known = {**metric, "by": f'{{namespace="{space}"}}'}
    if class_ == "istio":  # the metrics of the gateway are Istio's
        known["front"] = f'{{namespace="{gateway}"}}'
    panels = [
        (title, unit, query.format(**known))
        for title, unit, query in _PANELS
        if {field for _, field, _, _ in Formatter().parse(query) if field} <= known.keys()
    ]
    return {
        "title": f"Serving: {name}",
        "uid": f"stackgen-{name}"[:40],
        "schemaVersion": 39,
        "time": {"from": "now-3h", "to": "now"},
        "panels": [_panel(i, *panel) for i, panel in enumerate(panels)],
    }


def _panel(index: int, title: str, unit: str, expression: str) -> dict[str, Any]:
    return {
        "id": index + 1,
        "type": "timeseries",
        "title": title,
        "gridPos": {"x": 12 * (index % 2), "y": 8 * (index // 2), "w": 12, "h": 8},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "targets": [{"refId": "A", "expr": expression}],
    }


def _metrics(plan: Plan) -> dict[str, Traced[str]]:
    names: dict[str, str] = plan.release.value("metrics").value
    return {key: plan.release.value("metrics", key) for key in names}


def _alert(
    name: str, wait: str, severity: str, expression: Traced[str], summary: str
) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": wait,
        "labels": {"severity": severity},
        "annotations": {"summary": summary},
    }
