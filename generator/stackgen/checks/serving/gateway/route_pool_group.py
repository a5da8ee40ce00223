"""An InferencePool that is sought in the wrong API group."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, chain, is_pool
from stackgen.facts.chart_pools import chart_pools
from stackgen.facts.shape import text
from stackgen.findings.model import Severity, Violations, violation


def check(context: Context) -> Violations:
    """Groups that are none of InferencePool's, and pools of the input or the release elsewhere."""
    links = chain(context)
    release = links.view.newest
    pools = [one for one in chart_pools(context.bundle) if one.namespace]
    for route in links.routes:
        if route.service is not None:
            continue
        for path, backend in links.backends(route):
            if not is_pool(backend):
                continue
            group, name = text(backend.get("group")), text(backend.get("name"))
            place = route.place(*path, "group" if "group" in backend else "kind")
            if group not in POOL_GROUPS:
                yield violation(
                    f"there is no InferencePool in {group or 'the core group, the default'}",
                    place,
                )
                continue
            namespace = text(backend.get("namespace")) or route.namespace
            there = links.named("InferencePool", namespace, name)
            if there and group not in {p.group for p in there}:
                made = there[0]
                by = f" by release {release.name}" if made.service is not None else ""
                yield violation(
                    f"InferencePool {name} is created in {made.group}{by}",
                    place, severity=Severity.WARNING,
                )  # fmt: skip
            made_by = (
                [] if there else [x for x in pools if (x.namespace, x.name) == (namespace, name)]
            )
            if len(made_by) == 1 and made_by[0].group not in ("", group):
                yield violation(
                    f"{made_by[0].chart} creates InferencePool {name} in {made_by[0].group}",
                    place,
                    severity=Severity.WARNING,
                )
