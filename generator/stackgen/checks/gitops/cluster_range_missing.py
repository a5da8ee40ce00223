"""A cluster that names a secondary range which its subnet does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.gitops.subnets import everything, said, subnet_of
from stackgen.escape import visible
from stackgen.facts.shape import maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.spelling import did_you_mean

_FIELDS = ("clusterSecondaryRangeName", "servicesSecondaryRangeName")


def check(context: Context) -> Violations:
    """One finding for each range, where the input has the subnet and its ranges are known."""
    for cluster in everything(context, "ContainerCluster"):
        names = {field: text(cluster.get("spec", "ipAllocationPolicy", field)) for field in _FIELDS}
        subnet = subnet_of(context, cluster) if any(names.values()) else None
        if subnet is None:
            continue
        ranges = subnet.get("spec", "secondaryIpRange")
        known = [text(one.get("rangeName")) for _, one in maps(ranges)]
        unread = (ranges is not None and not known) or said(context, "--add-secondary-ranges")
        if unread or subnet.get("spec", "dynamic") is not None or not all(map(plain, known)):
            continue
        for field, name in names.items():
            if name and plain(name) and name not in known:
                hint = did_you_mean(name, known)
                there = f"; it has {', '.join(known)}" if known and not hint else hint
                yield violation(
                    f"subnet {text(subnet.get('spec', 'name')) or subnet.name} has no secondary "
                    f"range {visible(name)}{there}",
                    Place(cluster, ("spec", "ipAllocationPolicy", field)),
                    Place(subnet, ("spec", "secondaryIpRange") if known else ()),
                )
