"""A policy of Envoy Gateway that selects its targets by labels, and finds none."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.gateway.access_policies import policies
from stackgen.checks.serving.provided import provided
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.net.selectors import labels_of, selector


def check(context: Context) -> Violations:
    """Where targets with these labels are in other namespaces only, or none has the labels."""
    known = provided(context)
    for policy in policies(context):
        for i, chosen in maps(policy.get("spec", "targetSelectors")):
            kind, group = text(chosen.get("kind")), text(chosen.get("group"))
            targets = [r for r in context.bundle.of_kind(kind, group) if not known.composed(r)]
            wanted = selector(chosen)
            spaces = {r.namespace for r in targets if wanted.matches(labels_of(r.metadata))}
            # Of a namespace with such objects the input shows the labels.
            here = any(r.namespace == policy.namespace for r in targets)
            beyond = as_dict(chosen.get("namespaces")).get("from") in ("All", "Selector")
            if beyond or policy.namespace in spaces or not (here or spaces):
                continue
            where = f"; there are some in {', '.join(sorted(spaces))}" if spaces else ""
            yield violation(
                f"no {kind} of namespace {policy.namespace or 'default'} has the labels that "
                f"{policy.kind} {policy.name} selects{where}",
                Place(policy, ("spec", "targetSelectors", i)),
            )
