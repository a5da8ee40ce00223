"""Alerts and the dashboard, on metrics that vLLM and the endpoint picker really export."""

from __future__ import annotations

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
    return computed(
        "dashboard", "six panels on the stack's own metrics", _board,
        plan.stack.metadata.name, plan.stack.spec.serving.namespace, **_metrics(plan),
    )  # fmt: skip


def _board(name: str, space: str, **metric: str) -> dict[str, Any]:
    by = f'{{namespace="{space}"}}'
    panels = [
        ("Requests waiting", "short", f"sum by (pod) ({metric['waiting']}{by})"),
        ("KV cache in use", "percentunit", f"max by (pod) ({metric['kv_cache']}{by})"),
        ("Time to first token, p95", "s", _p95(metric["first_token"], by)),
        ("Request latency, p95", "s", _p95(metric["latency"], by)),
        ("Ready model servers", "short", f"max by (name) ({metric['epp_ready_pods']}{by})"),
        ("Requests per second", "reqps", f"sum(rate({metric['epp_requests']}{by}[5m]))"),
    ]
    return {
        "title": f"Serving: {name}",
        "uid": f"stackgen-{name}"[:40],
        "schemaVersion": 39,
        "time": {"from": "now-3h", "to": "now"},
        "panels": [_panel(i, *panel) for i, panel in enumerate(panels)],
    }


def _p95(metric: str, by: str) -> str:
    return f"histogram_quantile(0.95, sum by (le) (rate({metric}_bucket{by}[5m])))"


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
