"""Alerts and the dashboard, on metrics that vLLM and the endpoint picker really export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Any

from stackgen.layers.slo_alerts import series_of
from stackgen.manifest.shipped import shipped
from stackgen.origin import Traced, When, all_of, any_of, computed
from stackgen.plan.access import by_kuadrant, by_rate_service
from stackgen.plan.model import ModelPlan, Plan
from stackgen.platforms.registry import rendering_of
from stackgen.render.gateway_class import istio


def alert_rules(plan: Plan) -> list[dict[str, Any] | When]:
    """The alerts, in the form Prometheus rules have everywhere.

    An alert is there if the release names each metric of its query, like a panel.
    """
    spec, metrics = plan.stack.spec, _metrics(plan)
    mine = {**metrics, "space": spec.serving.namespace}
    front = {**metrics, "space": spec.gateway.namespace}
    data, meshed = shipped(__file__, "alerts.yaml"), istio(plan)
    rules: list[dict[str, Any] | When] = []
    kept, serves = _kept(plan)
    mine["kept"] = kept
    for alert in data["alerts"]:
        fields = _fields(alert["query"])
        if fields <= mine.keys():
            rule = _alert(alert, mine)
            rules.append(When(serves, rule) if "kept" in fields else rule)
    for alert in data["gateway_alerts"]:
        if _fields(alert["query"]) <= front.keys():
            rules.append(When(meshed, _alert(alert, front)))
    limited = {
        "limit_alerts": all_of(meshed, by_kuadrant(spec)),
        "envoy_limit_alerts": by_rate_service(spec),
    }
    for key, counted in limited.items():
        rules += [
            When(counted, _alert(alert, front))
            for alert in data[key]
            if _fields(alert["query"]) <= front.keys()
        ]
    return [*rules, *_of_roles(plan, metrics)]


def _of_roles(plan: Plan, metrics: dict[str, Traced[str]]) -> Iterator[dict[str, Any]]:
    """The alerts of prefill servers, and of servers that are scaled."""
    data = shipped(__file__, "alerts.yaml")
    for model in plan.models:
        if model.prefill is not None:
            roles = {role: series_of(plan, one) for role, one in (
                ("decode", model), ("prefill", model.prefill),
            )}  # fmt: skip
            yield from (_alert(one, {**metrics, **roles}, model) for one in data["prefill_alerts"])
    for model in plan.servers:
        if model.scaling is not None:
            mine: dict[str, Traced[Any]] = {
                **metrics,
                "of": series_of(plan, model),
                "most": model.most,
            }
            yield from (_alert(one, mine, model) for one in data["scaling_alerts"])


def _kept(plan: Plan) -> tuple[Traced[str], Traced[bool]]:
    """A matcher of the pools that always have a server, and whether there are any."""
    pool, fewest = rendering_of(plan).labels.pool, [model.fewest for model in plan.models]
    idle = [pool(plan, model) for model in plan.models if not model.fewest.value]
    matcher = computed(
        "matcher", "a model may have no server as the spec says",
        lambda pools, _: f',name!~"{"|".join(pools)}"' if pools else "", idle, fewest,
    )  # fmt: skip
    return matcher, any_of(*(least.map("has a server", "", bool) for least in fewest))


def _fields(template: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(template) if field}


def dashboard(plan: Plan) -> Traced[dict[str, Any]]:
    """A Grafana dashboard with one panel for each of the main figures."""
    gateway = plan.stack.spec.gateway
    return computed(
        "dashboard", "panels on the stack's own metrics", _board,
        plan.stack.metadata.name, plan.stack.spec.serving.namespace, gateway.namespace,
        gateway.class_, **_metrics(plan),
    )  # fmt: skip


def _board(name: str, space: str, gateway: str, class_: str, **metric: str) -> dict[str, Any]:
    known = {**metric, "by": f'{{namespace="{space}"}}'}
    if class_ == "istio":  # the metrics of the gateway are Istio's
        known["front"] = f'{{namespace="{gateway}"}}'
        known["errors"] = f'{{namespace="{gateway}", response_code=~"5.."}}'
    panels = [
        (panel["title"], panel["unit"], panel["query"].format(**known))
        for panel in shipped(__file__, "alerts.yaml")["panels"]
        if _fields(panel["query"]) <= known.keys()
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
    alert: Mapping[str, str], inputs: Mapping[str, Traced[Any]], model: ModelPlan | None = None
) -> dict[str, Any]:
    template = alert["query"]
    expression = computed(
        "query", "metrics of the release", template.format,
        **{field: inputs[field] for field in sorted(_fields(template))},
    )  # fmt: skip
    return {
        "alert": alert["alert"],
        "expr": expression,
        "for": alert["for"],
        "labels": {
            "severity": alert["severity"],
            **({} if model is None else {"model": model.spec.name}),
        },
        "annotations": {"summary": alert["summary"]},
    }
