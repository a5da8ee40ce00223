"""A node pool without upgrades, in a cluster whose release channel makes them."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import text
from stackgen.findings.model import Place, Violations, violation

_NONE = ("", "UNSPECIFIED")
_FIELDS = ("autoUpgrade", "autoRepair")


def check(context: Context) -> Violations:
    """One finding for each pool of the only cluster of the input."""
    every = (*context.bundle.objects, *context.bundle.outside)
    clusters = [one for one in every if one.kind == "ContainerCluster"]
    channel = text(clusters[0].get("spec", "releaseChannel", "channel")) if clusters else ""
    if len(clusters) != 1 or channel in _NONE:
        return
    for pool in every:
        off = [f for f in _FIELDS if pool.get("spec", "management", f) is False]
        if pool.kind == "ContainerNodePool" and off:
            yield violation(
                f"node pool {pool.name} has {' and '.join(f'{f}: false' for f in off)}, and the "
                f"cluster has the release channel {channel}",
                Place(pool, ("spec", "management", off[0])),
                Place(clusters[0], ("spec", "releaseChannel"), note="the release channel"),
            )
