"""Two objects of Istio that are both the default of one namespace."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.istio.istio_selector_namespace import SELECTORS
from stackgen.checks.serving.settled import applied_together
from stackgen.facts.shape import as_dict, as_list
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

# Of these only one without a selector counts in a namespace.
_KINDS = ("PeerAuthentication", "Sidecar", "Telemetry")


def check(context: Context) -> Violations:
    """One finding for each further object of a kind."""
    for kind in _KINDS:
        seen: dict[str, Resource] = {}
        for one in context.bundle.of_kind(kind):
            chosen = as_dict(one.get(*SELECTORS[kind])) or as_list(one.get("spec", "targetRefs"))
            if not one.group.endswith("istio.io") or chosen or one.get("spec", "targetRef"):
                continue
            other = seen.setdefault(one.namespace, one)
            if other.name != one.name and applied_together(context, one, other):
                yield violation(
                    f"{kind} {other.name} is for all Pods of namespace "
                    f"{one.namespace or 'default'} as well",
                    Place(one, ("metadata", "name")),
                    Place(other, ("metadata", "name"), note="the other one"),
                )
