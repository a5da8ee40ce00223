"""The API server selected as if it were a pod."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.view import display_name, view
from stackgen.findings.model import Place, Violations, violation
from stackgen.net.selectors import NAME_LABEL, Selector

NAMES = {"apiserver", "kube-apiserver", "kubernetes-apiserver"}
KEYS = {"component", "k8s-app", "app", "app.kubernetes.io/name", "app.kubernetes.io/component"}


def check(context: Context) -> Violations:
    """One finding for each such peer."""
    seen = view(context)
    for policy, direction, rule in seen.network_rules():
        for peer, path in seen.peers(policy, direction, rule):
            label = _api_server(peer.pods)
            if label and not any(True for _ in seen.matching(peer, policy)):
                yield violation(
                    f"{display_name(policy.resource)} selects the API server as a Pod with {label}",
                    Place(policy.resource, (*path, "podSelector")),
                )


def _api_server(pods: Selector | None) -> str:
    for r in pods.requirements if pods is not None else ():
        named = r.key in KEYS and r.key != NAME_LABEL and r.operator == "In"
        if named and r.values and r.values <= NAMES:
            return f"{r.key}: {', '.join(sorted(r.values))}"
    return ""
