"""Alerts and the dashboard, on metrics that vLLM and the endpoint picker really export."""

from __future__ import annotations

from collections.abc import Sequence
from string import Formatter
from typing import Any

from stackgen.origin import Traced, When, computed
from stackgen.plan.model import Plan
from stackgen.render.gateway_class import istio


def alert_rules(plan: Plan) -> list[dict[str, Any] | When]:
    """The alerts, in the form Prometheus rules have everywhere.

    An alert is there if the release names each metric of its query, like a panel.
    """
    spec, metrics = plan.stack.spec, _metrics(plan)
    mine = {**metrics, "space": spec.serving.namespace}
    front = {**metrics, "space": spec.gateway.namespace}
    rules: list[dict[str, Any] | When] = [
        _alert(*alert, mine) for alert in _ALERTS if _fields(alert[3]) <= mine.keys()
    ]
    meshed = istio(plan)
    for alert in _GATEWAY_ALERTS:
        if _fields(alert[3]) <= front.keys():
            rules.append(When(meshed, _alert(*alert, front)))
    return rules


def _fields(template: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(template) if field}


# Name, time, severity, query and summary.
_ALERTS = (
    (
        "ModelServerQueueing", "10m", "warning",
        'max by (namespace, pod) ({waiting}{{namespace="{space}"}}) > 20',
        "Requests wait for a model server for 10 minutes: add replicas, or nodes to its pool.",
    ),
    (
        "ModelServerStuck", "15m", "critical",
        ('sum by (namespace, pod) ({running}{{namespace="{space}"}}) > 0 and '
        'sum by (namespace, pod) (rate({latency}_count{{namespace="{space}"}}[15m])) == 0 and '
        'sum by (namespace, pod) (rate({tokens}{{namespace="{space}"}}[15m])) == 0'),
        "A model server has running requests and generates no tokens: look at its log, restart it.",
    ),
    (
        "ModelServerCacheFull", "10m", "warning",
        'max by (namespace, pod) ({kv_cache}{{namespace="{space}"}}) > 0.95',
        "The KV cache is full: requests are preempted. Shorten contexts or add replicas.",
    ),
    (
        "ModelServerSlow", "15m", "warning",
        ("histogram_quantile(0.95, sum by (namespace, pod, le) "
        '(rate({latency}_bucket{{namespace="{space}"}}[5m]))) > 60'),
        "One request in twenty takes longer than a minute.",
    ),
    (
        "PrefixCacheCold", "1h", "info",
        ('sum by (namespace) (rate({prefix_hits}{{namespace="{space}"}}[1h])) / '
        'sum by (namespace) (rate({prefix_queries}{{namespace="{space}"}}[1h])) < 0.05'),
        ("Fewer than one prompt token in twenty is found in the prefix cache: prompts share no "
        "prefix, or requests of one prefix reach different servers."),
    ),
    (
        "NoModelServerReady", "5m", "critical",
        'max by (name) ({epp_ready_pods}{{namespace="{space}"}}) == 0',
        "The endpoint picker knows no ready model server: every request fails.",
    ),
    (
        "RequestsFail", "10m", "critical",
        ('sum(rate({epp_errors}{{namespace="{space}"}}[5m])) / '
        'sum(rate({epp_requests}{{namespace="{space}"}}[5m])) > 0.05'),
        "More than one request in twenty fails.",
    ),
    (
        "EndpointPickerSlow", "10m", "warning",
        ("histogram_quantile(0.95, sum by (le) "
        '(rate({epp_latency}_bucket{{namespace="{space}"}}[5m]))) > 0.1'),
        "The endpoint picker needs more than 100 ms for one request in twenty.",
    ),
    (
        "ServerQueuesUneven", "15m", "warning",
        ('max by (name) ({epp_queue}{{namespace="{space}"}}) - '
        'min by (name) ({epp_queue}{{namespace="{space}"}}) > 20'),
        ("One server has 20 requests more in its queue than another: the weights of prefix and "
        "load do not fit the traffic."),
    ),
)  # fmt: skip
# The metrics of a gateway are Istio's.
_GATEWAY_ALERTS = (
    (
        "GatewayErrors", "10m", "critical",
        ('sum(rate({gateway_requests}{{namespace="{space}", response_code=~"5.."}}[5m])) / '
        'sum(rate({gateway_requests}{{namespace="{space}"}}[5m])) > 0.05'),
        "The gateway answers more than one request in twenty with a server error.",
    ),
    (
        "GatewaySlow", "15m", "warning",
        ("histogram_quantile(0.95, sum by (le) "
        '(rate({gateway_latency}_bucket{{namespace="{space}"}}[5m]))) > 60000'),
        "One request in twenty takes longer than a minute at the gateway.",
    ),
)  # fmt: skip


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
    (
        "Endpoint picker: prefix matched, mean", "percentunit",
        "sum(rate({epp_hit_ratio}_sum{by}[5m])) / sum(rate({epp_hit_ratio}_count{by}[5m]))",
    ),
    ("Endpoint picker: queue by server", "short", "max by (model_server_pod) ({epp_queue}{by})"),
    ("Endpoint picker: latency, p95", "s", _P95 % ("epp_latency", "by")),
    (
        "Gateway: requests by response code", "reqps",
        "sum by (response_code) (rate({gateway_requests}{front}[5m]))",
    ),
    (
        "Gateway: server errors", "percentunit",
        "sum(rate({gateway_requests}{errors}[5m])) / sum(rate({gateway_requests}{front}[5m]))",
    ),
    ("Gateway: latency, p95", "ms", _P95 % ("gateway_latency", "front")),
)  # fmt: skip


def _board(name: str, space: str, gateway: str, class_: str, **metric: str) -> dict[str, Any]:
    known = {**metric, "by": f'{{namespace="{space}"}}'}
    if class_ == "istio":  # the metrics of the gateway are Istio's
        known["front"] = f'{{namespace="{gateway}"}}'
        known["errors"] = f'{{namespace="{gateway}", response_code=~"5.."}}'
    panels = [
        (title, unit, query.format(**known))
        for title, unit, query in _PANELS
        if _fields(query) <= known.keys()
    ]
    return board(f"Serving: {name}", f"stackgen-{name}", panels)


def board(title: str, uid: str, panels: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """A dashboard of panels: title, unit and query of each."""
    return {
        "title": title,
        "uid": uid[:40],
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
    name: str, wait: str, severity: str, template: str, summary: str, inputs: dict[str, Traced[str]]
) -> dict[str, Any]:
    expression = computed(
        "query", "metrics of the release", template.format,
        **{field: inputs[field] for field in sorted(_fields(template))},
    )  # fmt: skip
    return {
        "alert": name,
        "expr": expression,
        "for": wait,
        "labels": {"severity": severity},
        "annotations": {"summary": summary},
    }
