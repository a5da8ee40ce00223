"""OpenTelemetry traces of requests: what the gateway, endpoint pickers and servers are told."""

from __future__ import annotations

from typing import Any

from stackgen.origin import Because, Traced, When, computed
from stackgen.plan.model import Plan
from stackgen.plan.traces import by_envoy, by_gateway, host, port, traced
from stackgen.render.objects import Rendered, Scope, obj

PROVIDER = "opentelemetry"
ENVOY, ENVOY_PROXY = "gateway.envoyproxy.io", "EnvoyProxy"
_RULE, _WHY = "observe/traces", "spans of a request go to the collector"


def ratio(plan: Plan) -> Traced[str]:
    """The share of requests as the samplers of OpenTelemetry take it."""
    return plan.stack.spec.observe.traces.percent.map(
        "percent / 100", "share of requests", lambda percent: f"{percent / 100:g}"
    )


def variables(plan: Plan, service: str) -> list[When]:
    """Variables of a container. service: the name of its spans."""
    values = {
        "OTEL_SERVICE_NAME": service,
        "OTEL_EXPORTER_OTLP_ENDPOINT": plan.stack.spec.observe.traces.endpoint,
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": ratio(plan),
    }
    return [
        When(traced(plan), Because({"name": name, "value": value}, _RULE, _WHY))
        for name, value in values.items()
    ]


def server_flag(plan: Plan) -> When:
    """The flag without which vLLM makes no spans."""
    flag = plan.stack.spec.observe.traces.endpoint.map(
        "--otlp-traces-endpoint", _WHY, lambda to: f"--otlp-traces-endpoint={to}"
    )
    return When(traced(plan), flag)


def picker_flag(plan: Plan, flag: Traced[str]) -> Traced[str]:
    """A flag of the release row, which turns tracing off."""
    if not flag.value.startswith("--tracing="):
        return flag
    return computed(
        "--tracing", _WHY, lambda usual, on: "--tracing=true" if on else usual, flag, traced(plan)
    )


def mesh_config(plan: Plan) -> dict[str, Any]:
    """Settings of istiod: where the proxies send spans."""
    endpoint = plan.stack.spec.observe.traces.endpoint
    provider = {
        "name": PROVIDER,
        "opentelemetry": {
            "service": endpoint.map("Service", _WHY, host),
            "port": endpoint.map("port", _WHY, port),
        },
    }
    return {"extensionProviders": When(by_gateway(plan), Because([provider], _RULE, _WHY))}


def telemetry(plan: Plan, folder: str) -> Rendered:
    """The gateway's proxies begin the trace, so that picker and server follow its sampling."""
    gateway = plan.stack.spec.gateway
    return obj(
        Scope(plan, folder, gateway.namespace), "telemetry.istio.io/v1", "Telemetry", "traces",
        {"spec": {
            "selector": {"matchLabels": {"gateway.networking.k8s.io/gateway-name": gateway.name}},
            "tracing": [{
                "providers": [{"name": PROVIDER}],
                "randomSamplingPercentage": plan.stack.spec.observe.traces.percent,
            }],
        }},
        when=by_gateway(plan), rule=_RULE, why="the gateway begins the trace of a request",
    )  # fmt: skip


def envoy_proxy(plan: Plan, folder: str) -> Rendered:
    """The settings of the proxies of a Gateway of Envoy Gateway, which begin the trace."""
    traces, gateway = plan.stack.spec.observe.traces, plan.stack.spec.gateway
    return obj(
        Scope(plan, folder, gateway.namespace), f"{ENVOY}/v1alpha1", ENVOY_PROXY, gateway.name,
        {"spec": {"telemetry": {"tracing": {
            "samplingFraction": {
                "numerator": traces.percent.map(
                    "numerator", "of the share of requests", lambda share: round(share * 1000)
                ),
                "denominator": 100000,
            },
            "provider": {
                "type": "OpenTelemetry",
                # A backendRef to another namespace would need a ReferenceGrant there.
                "host": traces.endpoint.map("Service", _WHY, host),
                "port": traces.endpoint.map("port", _WHY, port),
            },
        }}}},
        when=by_envoy(plan), rule=_RULE, why="the gateway begins the trace of a request",
    )  # fmt: skip
