"""A node pool that turns off what the release channel of its cluster needs."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Severity, Violations, violation

_CHANNELS = ("RAPID", "REGULAR", "STABLE", "EXTENDED")
_FALSE = (False, "false")


def check(context: Context) -> Violations:
    """One finding for each setting, where every cluster of the input names a channel."""
    everything = (*context.bundle.objects, *context.bundle.outside)
    clusters = [one for one in everything if one.kind == "ContainerCluster"]
    channels = [str(one.get("spec", "releaseChannel", "channel")).upper() for one in clusters]
    if not clusters or not all(channel in _CHANNELS for channel in channels):
        return
    for pool in everything:
        if pool.kind != "ContainerNodePool":
            continue
        node = as_dict(pool.get("spec", "nodeConfig"))
        queued = as_dict(pool.get("spec", "queuedProvisioning")).get("enabled")
        flexible = node.get("flexStart") not in (None, *_FALSE) or queued not in (None, *_FALSE)
        for field in ("autoUpgrade", "autoRepair"):
            path = ("spec", "management", field)
            repairs = field == "autoRepair"
            if pool.get(*path) in _FALSE and not (repairs and flexible):
                yield violation(
                    f"{field} is false, and the cluster has the release channel {channels[0]}",
                    Place(pool, path),
                    severity=Severity.WARNING if repairs else None,
                )
