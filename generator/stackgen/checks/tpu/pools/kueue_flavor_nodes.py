"""A ResourceFlavor of Kueue whose node labels no node pool has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import or_list
from stackgen.facts.shape import as_dict, plain
from stackgen.facts.workloads import COMPUTE_CLASS, Label
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each flavor, where the input has node pools and GKE makes no others."""
    seen = view(context)
    for flavor in context.bundle.of_kind("ResourceFlavor", "kueue.x-k8s.io") if seen.pools else ():
        labels = as_dict(flavor.get("spec", "nodeLabels"))
        wanted = {
            str(key): Label((value,), ("spec", "nodeLabels", str(key)))
            for key, value in labels.items()
            if isinstance(value, str) and plain(value)
        }
        if seen.makes_pools or COMPUTE_CLASS in wanted or len(wanted) < len(labels):
            continue
        all_near = seen.indexes["all"].near(flavor, {})
        if wanted and all_near and not seen.indexes["all"].near(flavor, wanted):
            alone = (
                key for key in wanted if not any(p.takes({key: wanted[key]}) for p in all_near)
            )
            key = next(alone, next(iter(wanted)))
            has = sorted({p.labels[key] for p in all_near if p.labels.get(key, "none") != "none"})
            yield violation(
                f"no node pool has nodes with {key}={labels[key]}"
                + (" and the other labels of the flavor" if len(wanted) > 1 else "")
                + (f"; there is {or_list(has)}" if has else ""),
                Place(flavor, ("spec", "nodeLabels", key)),
            )
