"""A selector that misses the pods it is meant for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, chain
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.names import COMPONENT, KSERVE_COMPONENT, NAME, PART_OF, PART_OF_VALUE
from stackgen.kserve.shape import mapping, text
from stackgen.manifest.document import Path

RULE = Rule(
    id="serving-selects-nothing",
    family="serving",
    severity=Severity.WARNING,
    summary="A selector speaks of the pods of a service, and selects none of them.",
    impact=(
        "The Service has no endpoints, the budget protects nothing, the monitor collects "
        "nothing; no error anywhere."
    ),
    remedy=(
        "Servers bear kserve.io/component: workload; the scheduler bears component "
        "llminferenceservice-router-scheduler."
    ),
    source="KServe constants.go: labels of the pods, release-v0.15 to master",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: qwen, namespace: serving}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app.kubernetes.io/name: qwen, app.kubernetes.io/component: workload}}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: qwen, namespace: serving}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app.kubernetes.io/name: qwen, kserve.io/component: workload}}
""",
)


_KINDS: tuple[tuple[str, str, Path], ...] = (
    ("Service", "", ("spec", "selector")),
    ("PodDisruptionBudget", "policy", ("spec", "selector", "matchLabels")),
    ("PodMonitor", "monitoring.coreos.com", ("spec", "selector", "matchLabels")),
    ("PodMonitoring", "monitoring.googleapis.com", ("spec", "selector", "matchLabels")),
    ("InferencePool", "inference.networking.k8s.io", ("spec", "selector", "matchLabels")),
    ("InferencePool", "inference.networking.x-k8s.io", ("spec", "selector")),
    ("AuthorizationPolicy", "security.istio.io", ("spec", "selector", "matchLabels")),
    ("PeerAuthentication", "security.istio.io", ("spec", "selector", "matchLabels")),
    ("EnvoyFilter", "networking.istio.io", ("spec", "workloadSelector", "labels")),
)  # fmt: skip


def check(context: Context) -> Iterator[Finding]:
    """Selectors with labels of KServe, in a namespace whose services are in the input."""
    links = chain(context)
    services = links.view.by_namespace
    for kind, group, path in _KINDS if services else ():
        for resource in context.bundle.of_kind(kind, group):
            wanted = mapping(resource.get(*path))
            here = services.get(resource.namespace, {})
            expressions = resource.get(*path[:-1], "matchExpressions") if len(path) > 2 else None
            if not here or expressions or not _meant(wanted, here):
                continue
            if links.selected(resource.namespace, wanted):
                continue
            wrong = _wrong(links, resource.namespace, wanted)
            if wrong is not None:
                key, offered = wrong
                yield RULE.finding(
                    f"no pod bears {key}: {wanted[key]}; there is {offered}",
                    Place(resource, (*path, key)),
                )


def _meant(wanted: dict[str, Any], names: Collection[str]) -> bool:
    """The labels are those of pods that KServe makes."""
    return (
        wanted.get(PART_OF) == PART_OF_VALUE
        or KSERVE_COMPONENT in wanted
        or "llminferenceservice" in text(wanted.get(COMPONENT))
        or wanted.get(NAME) in names
    )


def _wrong(links: Chain, namespace: str, wanted: dict[str, Any]) -> tuple[str, str] | None:
    """The one label that keeps the selector from pods, and the values it could have."""
    for key in wanted:
        rest = {k: v for k, v in wanted.items() if k != key}
        pods = links.selected(namespace, rest)
        values = sorted({p.labels[key] for p in pods if isinstance(p.labels.get(key), str)})
        if pods:
            return key, ", ".join(values) if values else "no such label on them"
    return None
