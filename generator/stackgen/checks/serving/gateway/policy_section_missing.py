"""A policy for a listener or a rule that its target does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain
from stackgen.checks.serving.gateway.access_policies import policies, targets
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.spelling import did_you_mean

_PARTS = {
    "Gateway": (GATEWAY_API, "listeners", "listener"),
    "HTTPRoute": (GATEWAY_API, "rules", "rule"),
    "Service": ("", "ports", "port with the name"),
}


def check(context: Context) -> Violations:
    """Only where the target is in the input."""
    links = chain(context)
    for policy in (*policies(context), *context.bundle.of_kind("BackendTLSPolicy", GATEWAY_API)):
        for target in targets(policy):
            group, field, word = _PARTS.get(target.kind, ("", "", ""))
            if not target.section or not field:
                continue
            found = links.nearest(target.kind, target.namespace, target.name, policy, group)
            names = [text(one.get("name")) for x in found for _, one in maps(x.get("spec", field))]
            # A port without a name may be meant by its number.
            unnamed = target.kind == "Service" and not all(names)
            if found and target.section not in names and not unnamed:
                yield violation(
                    f"{target.kind} {target.name} has no {word} {target.section}"
                    f"{did_you_mean(target.section, sorted(filter(None, names)))}",
                    Place(policy, (*target.path, "sectionName")),
                )
