"""A policy or filter of Istio that selects Pods of another namespace."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain
from stackgen.checks.serving.provided import provided
from stackgen.facts.shape import as_dict, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.net.profile import half_seen
from stackgen.net.workloads import GATEWAY_LABEL

# Each kind with the field that selects Pods. They act in their own namespace.
SELECTORS = {
    "EnvoyFilter": ("spec", "workloadSelector", "labels"),
    "Sidecar": ("spec", "workloadSelector", "labels"),
    "AuthorizationPolicy": ("spec", "selector", "matchLabels"),
    "RequestAuthentication": ("spec", "selector", "matchLabels"),
    "PeerAuthentication": ("spec", "selector", "matchLabels"),
    "Telemetry": ("spec", "selector", "matchLabels"),
    "WasmPlugin": ("spec", "selector", "matchLabels"),
}


def check(context: Context) -> Violations:
    """Objects that select a Gateway, or Pods, which only another namespace has."""
    links, known = chain(context), provided(context)
    gateways: dict[str, set[str]] = {}
    for gateway in links.of("Gateway", GATEWAY_API):
        gateways.setdefault(gateway.name, set()).add(gateway.namespace)
    for kind, path in SELECTORS.items():
        for one in context.bundle.of_kind(kind):
            labels = as_dict(one.get(*path))
            values = [value for value in labels.values() if isinstance(value, str)]
            # In the root namespace of the mesh they act in all namespaces.
            if not labels or one.namespace == "istio-system" or not all(map(plain, values)):
                continue
            if not one.group.endswith("istio.io") or known.composed(one):
                continue
            name = text(labels.get(GATEWAY_LABEL))
            where = gateways.get(name, set())
            what = f"Gateway {name}"
            if not name:
                found = links.everywhere({"matchLabels": labels})
                where = {pods.owner.namespace for pods, sure in found if sure}
                what = "a Pod with these labels"
                # Pods without a namespace may be applied to any.
                if half_seen(one.namespace) or len(where) > 1 or "" in where:
                    continue
            if where and one.namespace not in where:
                there, here = ", ".join(sorted(where)), one.namespace or "default"
                yield violation(
                    f"{what} is in namespace {there}; {kind} {one.name} acts in {here} only",
                    Place(one, path),
                )
