"""A second DestinationRule for a host that has one."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import text

RULE = Rule(
    id="serving-destination-rule",
    family="serving",
    severity=Severity.WARNING,
    summary="A DestinationRule is for a host for which KServe makes one, too.",
    impact=(
        "Istio keeps the traffic policy of the older one: TLS to the servers is lost, or your "
        "settings are."
    ),
    remedy="Leave these hosts to KServe; put settings on another host, or into a mesh-wide rule.",
    source=(
        "KServe workload_tls_self_signed_istio.go; Istio documentation: one DestinationRule for "
        "a host"
    ),
    confidence="medium",
    bad="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, scheduler: {}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: qwen, namespace: serving}
spec:
  host: qwen-kserve-workload-svc
  trafficPolicy: {connectionPool: {http: {http2MaxRequests: 1000}}}
""",
    good="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, scheduler: {}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: qwen, namespace: serving}
spec:
  host: embeddings
  trafficPolicy: {connectionPool: {http: {http2MaxRequests: 1000}}}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Hosts of the DestinationRules that are predicted for services of the input."""
    links = chain(context)
    made = {
        text(rule.get("spec", "host")): rule
        for rule in links.of("DestinationRule", ISTIO)
        if rule.service is not None and rule.service.namespace
    }
    for rule in links.of("DestinationRule", ISTIO) if made else ():
        if rule.service is not None or rule.get("spec", "trafficPolicy") is None:
            continue
        host = text(rule.get("spec", "host"))
        other = made.get(_full(host, rule.namespace))
        if other is not None and other.name != rule.name and other.service is not None:
            yield RULE.finding(
                f"KServe makes DestinationRule {other.name} for {host}",
                rule.place("spec", "host"),
                other.service.place("metadata", "name", note="the service"),
            )


ISTIO = "networking.istio.io"


def _full(host: str, namespace: str) -> str:
    """The host as Istio completes it: short names are of the rule's namespace."""
    if "." not in host:
        return f"{host}.{namespace}.svc.cluster.local"
    parts = host.split(".")
    if len(parts) == 2 or (len(parts) == 3 and parts[2] == "svc"):
        return f"{parts[0]}.{parts[1]}.svc.cluster.local"
    return host
