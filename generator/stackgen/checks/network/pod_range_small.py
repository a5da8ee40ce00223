"""A range for Pods that has no addresses for all nodes of the node pools."""

from __future__ import annotations

import ipaddress

from stackgen.checks.context import Context
from stackgen.checks.gitops.subnets import everything, subnet_of
from stackgen.facts.pools import Pool, pools
from stackgen.facts.quantity import whole
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_USUAL = 110  # Pods of a node
_NAME = ("spec", "ipAllocationPolicy", "clusterSecondaryRangeName")


def check(context: Context) -> Violations:
    """One finding for the cluster of the input, if it has one and its subnet."""
    clusters = [*everything(context, "ContainerCluster")]
    if len(clusters) != 1 or clusters[0].get("spec", "enableAutopilot") is True:
        return
    cluster, subnet = clusters[0], subnet_of(context, clusters[0])
    size = _size(subnet, text(cluster.get(*_NAME))) if subnet is not None else 0
    if subnet is None or not size:
        return
    needed, nodes, places = 0, 0, []
    for pool in pools(context.bundle, context.catalog):
        limit = pool.limit("max")
        # A pool may have a range of its own.
        if limit is None or not limit[0] or pool.get("networkConfig") is not None:
            continue
        needed += limit[0] * _addresses(cluster, pool)
        nodes += limit[0]
        places.append(pool.place(*limit[1], note=f"at most {limit[0]}"))
    if needed > size:
        given = text(cluster.get(*_NAME))
        yield violation(
            f"range {given} has {size} addresses, and the {nodes} nodes of the node pools reserve "
            f"{needed} for their Pods",
            Place(subnet, ("spec", "secondaryIpRange")),
            *places[:3],
        )


def _size(subnet: Resource, name: str) -> int:
    """The addresses of a secondary range; 0 if they are not known."""
    for _, one in maps(subnet.get("spec", "secondaryIpRange")):
        if name and text(one.get("rangeName")) == name:
            try:
                return ipaddress.IPv4Network(
                    text(one.get("ipCidrRange")), strict=False
                ).num_addresses
            except ValueError:
                return 0
    return 0


def _addresses(cluster: Resource, pool: Pool) -> int:
    """The addresses that GKE reserves for the Pods of a node: twice as many as Pods, or more."""
    pods = whole(pool.get("maxPodsPerNode")) or whole(cluster.get("spec", "defaultMaxPodsPerNode"))
    return 1 << (2 * (pods or _USUAL) - 1).bit_length()
