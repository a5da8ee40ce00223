"""Where traces go: which Pods of the stack send them, and to which address."""

from __future__ import annotations

from stackgen.origin import Traced, all_of, any_of, computed, is_set, is_value, literal
from stackgen.plan.model import Plan
from stackgen.regex import regex
from stackgen.spec.model import Allow

_IN_CLUSTER = regex(r"(?P<name>[a-z0-9.-]+\.svc)(\.cluster\.local)?\Z")
_RULE, _WHY = "observe/traces", "spans of a request go to the collector"


def traced(plan: Plan) -> Traced[bool]:
    """Whether requests are traced."""
    return is_set(plan.stack.spec.observe.traces.endpoint)


def by_gateway(plan: Plan) -> Traced[bool]:
    """Whether Istio's gateway makes spans, which go to a Service of the cluster."""
    on_istio = is_value(plan.stack.spec.gateway.class_, "istio")
    return all_of(on_istio, plan.managed.istio, _inside(plan))


def by_envoy(plan: Plan) -> Traced[bool]:
    """The same of Envoy Gateway."""
    return all_of(is_value(plan.stack.spec.gateway.class_, "envoy"), _inside(plan))


def _inside(plan: Plan) -> Traced[bool]:
    endpoint = plan.stack.spec.observe.traces.endpoint
    return endpoint.map("in the cluster", "proxies know its Services", lambda to: bool(host(to)))


def connections(plan: Plan) -> list[tuple[str, Allow, Traced[bool]]]:
    """Name, connection and condition of each way to the collector."""
    traces = plan.stack.spec.observe.traces
    told = all_of(traced(plan), is_set(traces.collector))
    some = [model.spec.scheduler for model in plan.models]
    pickers = computed("any", "a picker", any, some)
    where = traces.collector.map("peer", _WHY, lambda to: to or "tracing/*")
    ports = (traces.endpoint.map("port", _WHY, port),)
    reason, protocol = (literal(text, _RULE, _WHY) for text in (_WHY, "TCP"))
    return [
        (word, Allow(literal(word, _RULE, _WHY), where, ports, reason, protocol), all_of(told, on))
        for word, on in (
            ("models", told), ("schedulers", pickers),
            ("gateway", any_of(by_gateway(plan), by_envoy(plan))),
        )
    ]  # fmt: skip


def port(endpoint: str | None) -> int:
    """Of an address; 0 without one."""
    return int((endpoint or ":0").rpartition(":")[2])


def host(endpoint: str | None) -> str:
    """The Service as Istio calls it; "" for an address outside of the cluster."""
    found = _IN_CLUSTER.match((endpoint or "").partition("://")[2].rpartition(":")[0])
    return f"{found['name']}.cluster.local" if found else ""
