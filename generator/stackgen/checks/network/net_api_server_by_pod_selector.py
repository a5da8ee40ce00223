"""The API server selected as if it were a pod."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.network.view import called, view
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.net.selectors import NAME_LABEL, Selector

RULE = Rule(
    id="net-api-server-by-pod-selector",
    family="network",
    severity=Severity.ERROR,
    summary="A rule for the API server selects pods.",
    impact=(
        "On GKE the API server is no pod, so the rule matches nothing: controllers cannot watch "
        "objects, endpoint pickers never learn about pods, webhooks are not reached."
    ),
    remedy=(
        "Use an ipBlock with the control plane's address (`gcloud container clusters describe`) "
        "and port 443; for webhooks that range and the pods k8s-app: konnectivity-agent of "
        "kube-system."
    ),
    source="GKE documentation, Cluster architecture; the label component: apiserver is a Service's",
    bad="egress: [{to: [{podSelector: {matchLabels: {component: apiserver}}}]}]",
    good="egress: [{to: [{ipBlock: {cidr: 172.16.0.0/28}}], ports: [{port: 443}]}]",
)
NAMES = {"apiserver", "kube-apiserver", "kubernetes-apiserver"}
KEYS = {"component", "k8s-app", "app", "app.kubernetes.io/name", "app.kubernetes.io/component"}


def check(context: Context) -> Iterator[Finding]:
    """One finding for each such peer."""
    seen = view(context)
    for policy, direction, rule in seen.network_rules():
        for peer, path in seen.peers(policy, direction, rule):
            label = _api_server(peer.pods)
            if label and not any(True for _ in seen.matching(peer, policy)):
                yield RULE.finding(
                    f"{called(policy.resource)} selects the API server as a pod with {label}",
                    Place(policy.resource, (*path, "podSelector")),
                )


def _api_server(pods: Selector | None) -> str:
    for r in pods.requirements if pods is not None else ():
        named = r.key in KEYS and r.key != NAME_LABEL and r.operator == "In"
        if named and r.values and r.values <= NAMES:
            return f"{r.key}: {', '.join(sorted(r.values))}"
    return ""
