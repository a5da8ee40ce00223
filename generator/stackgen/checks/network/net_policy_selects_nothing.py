"""A policy that acts on no pod."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.view import called, view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="net-policy-selects-nothing",
    family="network",
    severity=Severity.WARNING,
    confidence="medium",
    summary="A network policy selects no pod of its namespace.",
    impact="It protects and allows nothing: the pods it was written for stay as they were.",
    remedy="Use labels that the pods really have; for KServe those that its controller sets.",
    source="Kubernetes API reference, NetworkPolicySpec.podSelector",
    why=(
        "Judged where the manifests show pods of the namespace and nothing that makes pods of "
        "unknown labels. KServe labels model servers kserve.io/component: workload and endpoint "
        "pickers app.kubernetes.io/component: llminferenceservice-router-scheduler."
    ),
    bad="""\
kind: NetworkPolicy
metadata: {name: vllm, namespace: models}
spec: {podSelector: {matchLabels: {app: vllm}}}  # KServe sets no label app
""",
    good="""\
kind: NetworkPolicy
metadata: {name: vllm, namespace: models}
spec: {podSelector: {matchLabels: {kserve.io/component: workload}}}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each policy whose pods are not there."""
    seen = view(context)
    for policy in seen.policies:
        if not policy.namespace or policy.namespace not in seen.known:
            continue
        wanted = policy.subject.pods
        if wanted is None or not wanted.requirements or seen.selected(policy):
            continue
        # Pods that fit are in another namespace: net-policy-wrong-namespace speaks of that.
        if any(wanted.matches(pod.labels) for pod in seen.labelled.candidates("*", wanted)):
            continue
        yield RULE.finding(
            f"{called(policy.resource)} selects no pod: none in {policy.namespace} has {wanted}",
            Place(policy.resource, ("spec", "podSelector"), key=True),
        )
