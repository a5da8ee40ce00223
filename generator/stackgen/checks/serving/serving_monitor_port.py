"""A monitor of a port that the pods do not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.monitors import monitors
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.shape import plain

RULE = Rule(
    id="serving-monitor-port",
    family="serving",
    severity=Severity.WARNING,
    summary="A monitor names a port that none of the selected pods has.",
    impact="No metrics are collected, and nothing says so.",
    remedy="Use the number: the port 8000 of the servers has no name.",
    source=(
        "KServe config-llm-template: container port 8000 without a name; Prometheus operator, "
        "GKE PodMonitoring"
    ),
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
  podMetricsEndpoints: [{port: metrics, scheme: https}]
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
    """Monitors that select pods of the input, or pods that KServe makes for it."""
    links = chain(context)
    for monitor in monitors(context):
        pods = links.selected(monitor.resource.namespace, monitor.labels)
        for path, endpoint in monitor.endpoints:
            port = endpoint.get("port")
            if not pods or not isinstance(port, str) or port.isdecimal() or not plain(port):
                continue
            known = {name for p in pods for name, _ in p.ports() if name}
            if port not in known:
                offered = ", ".join(sorted(known)) or "none has a name"
                yield RULE.finding(
                    f"no port of the pods is called {port}: {offered}",
                    Place(monitor.resource, (*path, "port")),
                )
