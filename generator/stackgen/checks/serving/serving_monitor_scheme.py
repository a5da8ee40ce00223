"""A monitor over HTTP of a server that speaks TLS."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.monitors import monitors
from stackgen.checks.serving.view import Service
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.names import KSERVE_COMPONENT
from stackgen.kserve.shape import text

RULE = Rule(
    id="serving-monitor-scheme",
    family="serving",
    severity=Severity.WARNING,
    summary="A monitor asks over HTTP, and the release serves metrics over TLS.",
    impact="No metrics are collected: every scrape fails.",
    remedy="Set scheme: https, and tlsConfig.insecureSkipVerify or the CA.",
    source="KServe release-v0.15 config-llm-template: the server speaks TLS on 8000",
    bad="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: qwen, namespace: serving}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: qwen, kserve.io/component: workload}}
  podMetricsEndpoints: [{portNumber: 8000}]
""",
    good="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: qwen, namespace: serving}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: qwen, kserve.io/component: workload}}
  podMetricsEndpoints: [{portNumber: 8000, scheme: https}]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Judged where a release always serves TLS, for servers that its preset starts."""
    links = chain(context)
    if not links.view.certain or links.view.newest.tls != "always":
        return
    for monitor in monitors(context):
        pods = links.selected(monitor.resource.namespace, monitor.labels)
        servers = [p.thing.service for p in pods if p.labels.get(KSERVE_COMPONENT) == "workload"]
        preset = [s for s in servers if s is not None and not _own_command(s)]
        for path, endpoint in monitor.endpoints if pods and len(preset) == len(pods) else ():
            if text(endpoint.get("scheme")).lower() in ("", "http"):
                yield RULE.finding(
                    "metrics are asked for over HTTP; the servers speak TLS",
                    Place(monitor.resource, (*path, "scheme")),
                )


def _own_command(service: Service) -> bool:
    return any(bool((p.main() or ((), {}))[1].get("command")) for p in service.parts())
