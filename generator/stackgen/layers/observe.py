"""Layer 6-observe: monitors, alerts and a dashboard on metrics that exist.

The model server exports metrics over TLS on its one port; the endpoint picker's need a token.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stackgen.layers.alerts import alert_rules, dashboard
from stackgen.layers.network import any_scheduler
from stackgen.layers.prefill_network import any_prefill
from stackgen.layers.slo_alerts import slo_rules
from stackgen.layers.tpu_metrics import tpu_board, tpu_metrics
from stackgen.origin import (
    Because,
    Traced,
    When,
    all_of,
    computed,
    given_or,
    is_set,
    is_value,
    known,
    literal,
    text,
    tree_or,
)
from stackgen.plan.model import Plan
from stackgen.platforms.registry import rendering_of
from stackgen.record import record
from stackgen.render.gateway_class import envoy, istio, rendered, scheme
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.spec.serving import Model

FOLDER = "6-observe"
READER = "epp-metrics-reader"
RBAC = "rbac.authorization.k8s.io"


@record
class _Target:
    """What is scraped, and when. pods: labels. of: the model, if the monitor is for one."""

    name: str
    namespace: str | Traced[str]
    pods: Any
    endpoint: dict[str, Any]
    when: Traced[bool]
    of: Model | None = None


def _scope(plan: Plan) -> Scope:
    return Scope(plan, FOLDER, plan.stack.spec.serving.namespace)


def layer(plan: Plan) -> Iterator[Rendered]:
    """Access first, then monitors, rules and dashboard."""
    engine = plan.stack.spec.observe.engine
    gmp, operator = is_value(engine, "gmp"), is_value(engine, "prometheus-operator")
    whole = is_value(plan.stack.spec.observe.objects, "all")
    on = all_of(engine.map("is on", "a choice of the spec", lambda v: v != "none"), whole)
    yield from _reader(plan, all_of(on, any_scheduler(plan)))
    yield from _collector_access(plan, all_of(gmp, whole, any_scheduler(plan)))
    for target in _targets(plan, whole):
        yield _monitor(plan, "PodMonitoring", target, gmp)
        yield _monitor(plan, "PodMonitor", target, operator)
    yield _rules(plan, "monitoring.googleapis.com/v1", "Rules", all_of(gmp, whole))
    yield _rules(plan, "monitoring.coreos.com/v1", "PrometheusRule", all_of(operator, whole))
    yield from tpu_metrics(plan, FOLDER)
    yield _dashboard(plan, on)


def _json(board: Traced[Any]) -> Traced[str]:
    return board.map("JSON", "a Grafana dashboard", lambda b: json.dumps(b, indent=2) + "\n")


def _always(plan: Plan) -> Traced[bool]:
    return plan.release.quirk("monitoring-off")


def _targets(plan: Plan, whole: Traced[bool]) -> Iterator[_Target]:
    """whole: whether more than the model servers is monitored."""
    release, spec, pods = plan.release, plan.stack.spec, rendering_of(plan).labels
    unverified_tls = Because(
        True, "observe/tls", "certificates name Services and Pods' addresses, not the collector's"
    )
    vllm = {
        "port": release.serving("port"),
        "scheme": scheme(plan).map("lower case", "", str.lower),
        "path": "/metrics",
        "tls": When(istio(plan), {"insecureSkipVerify": unverified_tls}),
    }
    shared = computed(
        "any model without a monitor of its own", "a choice of the spec",
        lambda names: not all(names), [model.spec.names.monitor for model in plan.models],
    )  # fmt: skip
    yield _Target("vllm", spec.serving.namespace, pods.servers, vllm, all_of(_always(plan), shared))
    if pods.prefill is not None:
        beside_decode = all_of(_always(plan), any_prefill(plan))
        yield _Target("vllm-prefill", spec.serving.namespace, pods.prefill, vllm, beside_decode)
    for model in plan.models:
        own = model.spec.names.monitor
        wanted = all_of(_always(plan), is_set(own))
        chosen = tree_or(model.spec.monitor.selector, pods.server(model))
        yield _Target(own.value or "", spec.serving.namespace, chosen, vllm, wanted, of=model.spec)
    epp = {
        "port": release.serving("epp", "metrics_port"),
        "scheme": "http",
        "path": "/metrics",
        "authorization": {"secret": READER, "key": "token"},
    }
    yield _Target(
        "epp", spec.serving.namespace, pods.pickers(plan), epp, all_of(any_scheduler(plan), whole)
    )
    beside = all_of(whole, rendered(plan))
    proxy = {
        "port": release.value("istio", "merged_metrics_port"),
        "scheme": "http",
        "path": "/stats/prometheus",
    }
    labels = {"gateway.networking.k8s.io/gateway-name": spec.gateway.name}
    yield _Target("gateway", spec.gateway.namespace, labels, proxy, all_of(istio(plan), beside))
    port = release.optional("envoy", "metrics_port")
    if port is not None:
        yield _Target(
            "envoy",
            spec.gateway.namespace,
            labels,
            {**proxy, "port": port},
            all_of(envoy(plan), beside),
        )
    injected = {"security.istio.io/tlsMode": "istio"}
    yield _Target(
        "sidecars", spec.serving.namespace, injected, proxy, all_of(spec.mesh.sidecars, whole)
    )
    istiod = {
        "port": release.value("istio", "metrics_port"),
        "scheme": "http",
        "path": "/metrics",
    }
    control = release.value("istio", "namespace")
    yield _Target("istiod", control, {"app": "istiod"}, istiod, all_of(istio(plan), whole))


def _monitor(plan: Plan, kind: str, target: _Target, when: Traced[bool]) -> Rendered:
    managed = kind == "PodMonitoring"
    often = {"interval": text("{}s", plan.stack.spec.observe.intervalSeconds)}
    ends = (_managed_endpoint if managed else _operator_endpoint)(target, often)
    listing = {"endpoints": [ends]} if managed else {"podMetricsEndpoints": [ends]}
    api = "monitoring.googleapis.com/v1" if managed else "monitoring.coreos.com/v1"
    own = target.of
    scope = (
        Scope(plan, FOLDER, target.namespace) if own is None
        else Scope(
            plan, FOLDER, target.namespace, labels=own.labels, annotations=own.annotations
        )
    )  # fmt: skip
    return obj(
        scope, api, kind, target.name,
        {"spec": {"selector": {"matchLabels": target.pods}, **listing}},
        when=all_of(when, target.when, plan.release.quirk("monitoring-off")),
        rule="observe/monitor", why=f"collects what {target.name} exports",
    )  # fmt: skip


def _managed_endpoint(target: _Target, often: dict[str, Any]) -> dict[str, Any]:
    endpoint = target.endpoint
    ends = {k: v for k, v in endpoint.items() if k != "authorization"} | often
    if target.of is not None:
        ends["port"] = given_or(target.of.monitor.port, ends["port"])
    if "authorization" in endpoint:
        secret = endpoint["authorization"]
        credentials = {"secret": {"name": secret["secret"], "key": secret["key"]}}
        ends["authorization"] = {"type": "Bearer", "credentials": credentials}
    return ends


def _operator_endpoint(target: _Target, often: dict[str, Any]) -> dict[str, Any]:
    endpoint = target.endpoint
    ends = {k: v for k, v in endpoint.items() if k not in ("port", "tls", "authorization")}
    ends["portNumber"] = endpoint["port"]
    if target.of is not None and (named := known(target.of.monitor.port)) is not None:
        del ends["portNumber"]
        ends["port"] = named
    ends |= often
    if "tls" in endpoint:
        ends["tlsConfig"] = endpoint["tls"]
    if "authorization" in endpoint:
        secret = endpoint["authorization"]
        credentials = {"name": secret["secret"], "key": secret["key"]}
        ends["authorization"] = {"type": "Bearer", "credentials": credentials}
    return ends


def _reader(plan: Plan, when: Traced[bool]) -> Iterator[Rendered]:
    """An identity that may read the endpoint picker's metrics, and its token."""
    space = plan.stack.spec.serving.namespace
    rule, why = "observe/epp-access", "the endpoint picker shows its metrics to known readers only"
    role = text("{}-{}", plan.stack.metadata.name, literal(READER, rule, why))
    yield obj(
        _scope(plan), "v1", "ServiceAccount", READER, {"automountServiceAccountToken": False},
        when=when, rule=rule, why=why,
    )  # fmt: skip
    yield obj(
        _scope(plan), "v1", "Secret", READER, {"type": "kubernetes.io/service-account-token"},
        when=when, rule=rule, why="filled in by the cluster, never here",
        annotations={"kubernetes.io/service-account.name": READER},
    )  # fmt: skip
    yield obj(
        Scope(plan, FOLDER), f"{RBAC}/v1", "ClusterRole", role,
        {"rules": [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]}, when=when, rule=rule,
        why=why,
    )  # fmt: skip
    yield obj(
        Scope(plan, FOLDER), f"{RBAC}/v1", "ClusterRoleBinding", role,
        {
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": READER, "namespace": space}],
        },
        when=when, rule=rule, why=why,
    )  # fmt: skip


def _collector_access(plan: Plan, when: Traced[bool]) -> Iterator[Rendered]:
    """Managed Prometheus reads the token from the Secret, so it must be allowed to."""
    rule, why = "observe/gmp-access", "the collector reads the token from the Secret"
    name = "gmp-reads-epp-token"
    yield obj(
        _scope(plan), f"{RBAC}/v1", "Role", name,
        {"rules": [{
            "apiGroups": [""], "resources": ["secrets"], "resourceNames": [READER],
            "verbs": ["get"],
        }]},
        when=when, rule=rule, why=why,
    )  # fmt: skip
    yield obj(
        _scope(plan), f"{RBAC}/v1", "RoleBinding", name,
        {
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": name},
            "subjects": [
                {"kind": "ServiceAccount", "name": "collector", "namespace": namespace}
                for namespace in ("gmp-system", "gke-gmp-system")
            ],
        },
        when=when, rule=rule, why=why,
    )  # fmt: skip


def _rules(plan: Plan, api: str, kind: str, when: Traced[bool]) -> Rendered:
    groups = [{"name": "serving", "interval": "30s", "rules": alert_rules(plan)}]
    burns = list(slo_rules(plan))
    if burns:
        groups.append({"name": "slo", "interval": "30s", "rules": burns})
    return obj(
        _scope(plan), api, kind, "serving", {"spec": {"groups": groups}}, when=when,
        rule="observe/alerts", why="what an operator should look at",
    )  # fmt: skip


def _dashboard(plan: Plan, when: Traced[bool]) -> Rendered:
    board = dashboard(plan)
    tpu = tpu_board(plan)
    data = {"serving.json": _json(board), "tpu.json": When(tpu.condition, _json(tpu.tree))}
    return obj(
        _scope(plan), "v1", "ConfigMap", "serving-dashboard", {"data": data},
        when=when, labels={"grafana_dashboard": "1"}, rule="observe/dashboard",
        why="the models at a glance, for Grafana's sidecar",
    )  # fmt: skip
