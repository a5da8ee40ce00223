"""Address ranges of a subnet that Google Cloud refuses, or that belong to others."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import combinations

from stackgen.checks.context import Context
from stackgen.checks.gitops.subnets import everything, subnet_of
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

KIND, GROUP = "ComputeSubnetwork", "compute.cnrm.cloud.google.com"
# Addresses that Google Cloud counts as private beside those of RFC 1918.
_PRIVATE = tuple(
    map(
        ipaddress.IPv4Network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24",
         "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
         "240.0.0.0/4"),
    )
)  # fmt: skip

_CONTROL_PLANE = 28  # the size that Google Cloud takes, in bits of the prefix


def check(context: Context) -> Violations:
    """Each range, and each pair of ranges of a subnet."""
    yield from _of_control_planes(context)
    for one in (*context.bundle.of_kind(KIND, GROUP), *context.bundle.outside):
        if one.kind != KIND or one.group != GROUP:
            continue
        ranges = list(_ranges(one))
        for name, path, network in ranges:
            if network.is_global and not any(network.subnet_of(x) for x in _PRIVATE):
                yield violation(
                    f"{name} {network} is a range of public addresses, which belong to others",
                    Place(one, path),
                    severity=Severity.WARNING,
                )
        for (name, _, network), (other, path, its) in combinations(ranges, 2):
            if network.overlaps(its):
                yield violation(
                    f"{other} {its} overlaps {name} {network} of the same subnet", Place(one, path)
                )


def _of_control_planes(context: Context) -> Violations:
    """The range of a control plane within the subnet of its cluster."""
    path: Path = ("spec", "privateClusterConfig", "masterIpv4CidrBlock")
    for cluster in everything(context, "ContainerCluster"):
        subnet = subnet_of(context, cluster) if cluster.get(*path) is not None else None
        try:
            own = ipaddress.IPv4Network(text(cluster.get(*path)), strict=False)
        except ValueError:
            continue
        if own.prefixlen != _CONTROL_PLANE:
            yield violation(
                f"the range {own} of the control plane is no /{_CONTROL_PLANE}",
                Place(cluster, path),
            )
        for name, where, network in _ranges(subnet) if subnet is not None else ():
            if network.overlaps(own):
                yield violation(
                    f"the range {own} of the control plane overlaps {name} {network} of the subnet "
                    "of the cluster",
                    Place(cluster, path),
                    Place(subnet, where),
                )


def _ranges(one: Resource) -> Iterator[tuple[str, Path, ipaddress.IPv4Network]]:
    found = [("ipCidrRange", ("spec", "ipCidrRange"), text(one.get("spec", "ipCidrRange")))]
    for _, inner in maps(one.get("spec", "secondaryIpRange")):
        name = f"secondary range {text(inner.get('rangeName'))}"
        found.append((name, ("spec", "secondaryIpRange"), text(inner.get("ipCidrRange"))))
    for name, path, value in found:
        try:
            yield name, path, ipaddress.IPv4Network(value, strict=False)
        except ValueError:
            continue  # an expression, or IPv6
