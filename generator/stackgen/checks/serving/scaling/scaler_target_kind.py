"""An autoscaler whose target has no subresource `scale`, or is in another API group."""

from __future__ import annotations

from stackgen.catalog.scaling import groups_with_scale, scaling
from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.spelling import did_you_mean


def check(context: Context) -> Violations:
    """One finding for each autoscaler."""
    for scaler in autoscalers(context.bundle):
        version = text(scaler.resource.get("spec", "scaleTargetRef", "apiVersion"))
        # KEDA takes apps/v1 without one. What the API server rejects is another rule's.
        group, slash, _ = (version or "apps/v1").rpartition("/")
        if not plain(scaler.kind):
            continue
        if not slash and scaler.kind != "ReplicationController":
            group = ""
        groups = groups_with_scale(scaler.kind)
        place = Place(scaler.resource, ("spec", "scaleTargetRef", "kind"))
        if scaler.kind in scaling()["none"].get(group, ()):
            yield violation(f"{scaler.kind} of {version} has no scale subresource", place)
        elif not groups and group in ("apps", "batch"):
            known = [kind for part in ("scale", "none") for kind in scaling()[part].get(group, ())]
            if scaler.kind not in known:
                hint = did_you_mean(scaler.kind, known)
                yield violation(f"{group} has no kind {visible(scaler.kind)}{hint}", place)
        elif slash and groups and group not in groups:
            yield violation(
                f"{scaler.kind} is in the API group {' or '.join(groups)}, not in {group}",
                Place(scaler.resource, ("spec", "scaleTargetRef", "apiVersion")),
            )
