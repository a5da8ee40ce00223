"""A gateway without the CA that its DestinationRule names."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import maps, text
from stackgen.kserve.tls import CA_IN_GATEWAY

RULE = Rule(
    id="gateway-ca-mount",
    family="serving",
    severity=Severity.WARNING,
    summary="The gateway does not mount the CA by which KServe makes it verify the servers.",
    impact="Requests that go to a Service (all but completions) get 503; those to a pool work.",
    remedy="Mount the CA at /var/run/secrets/opendatahub by infrastructure.parametersRef.",
    source=(
        "KServe workload_tls_self_signed_istio.go: caCertificates is a path inside of the "
        "gateway pod"
    ),
    confidence="medium",
    bad="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference-gateway, namespace: opendatahub}
spec:
  gatewayClassName: istio
  listeners:
    - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
""",
    good="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference-gateway, namespace: opendatahub}
spec:
  gatewayClassName: istio
  infrastructure: {parametersRef: {group: "", kind: ConfigMap, name: gateway}}
  listeners:
    - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
""",
)


_ROWS = ("llm-d-infra-xks-0.15",)


def check(context: Context) -> Iterator[Finding]:
    """Gateways of the input that carry a service, in releases that verify by a path."""
    links = chain(context)
    release = links.view.newest
    if not links.view.certain or release.name not in _ROWS:
        return
    reported = set()
    for route in links.routes:
        if route.service is None or isinstance(route.service.own.get("prefill"), dict):
            continue
        for _, parent in maps(route.get("spec", "parentRefs")):
            name, namespace = text(parent.get("name")), text(parent.get("namespace"))
            gateway = links.find("Gateway", namespace, name, GATEWAY_API)
            if gateway is None or gateway.name in reported:
                continue
            if gateway.get("spec", "gatewayClassName") != "istio":
                continue
            parameters = ("spec", "infrastructure", "parametersRef")
            if gateway.get(*parameters) is None and gateway.get("spec", "addresses") is None:
                reported.add(gateway.name)
                yield RULE.finding(
                    f"Gateway {gateway.name} has no parametersRef that would mount {CA_IN_GATEWAY}",
                    gateway.place("spec", "infrastructure", "parametersRef"),
                )
