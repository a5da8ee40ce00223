"""A policy in another namespace than its pods."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="net-policy-wrong-namespace",
    family="network",
    severity=Severity.ERROR,
    confidence="medium",
    summary="A network policy is in another namespace than the pods it selects.",
    impact="A policy acts in its own namespace alone, so the pods stay as they were.",
    remedy="Set metadata.namespace to the namespace of the pods.",
    source="Kubernetes API reference, NetworkPolicySpec.podSelector",
    bad="""\
kind: NetworkPolicy
metadata: {name: vllm, namespace: opendatahub}
spec: {podSelector: {matchLabels: {kserve.io/component: workload}}}  # they are in models
""",
    good="""\
kind: NetworkPolicy
metadata: {name: vllm, namespace: models}
spec: {podSelector: {matchLabels: {kserve.io/component: workload}}}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each policy whose pods are elsewhere."""
    seen = view(context)
    for policy in seen.policies:
        wanted = policy.subject.pods
        if not policy.namespace or wanted is None or not wanted.requirements:
            continue
        if seen.selected(policy) or policy.namespace in seen.hidden:
            continue
        pods = seen.labelled.candidates("*", wanted)
        there = sorted({x.namespace for x in pods if wanted.matches(x.labels)})
        if there:
            given = bool(policy.resource.namespace)
            where = policy.namespace if given else f"no namespace, so in {policy.namespace}"
            yield RULE.finding(
                f"{policy.resource.name} is in {where}; the pods it selects are in "
                f"{', '.join(there)}",
                Place(policy.resource, ("metadata", "namespace" if given else "name")),
            )
