"""Address ranges of Google Cloud that Terraform or Config Connector of the input says."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.gitops.subnets import everything
from stackgen.checks.network.unseen import API_SERVER, PROXIES, api_server, networks_of_the_cluster
from stackgen.checks.serving.ingress.gke_proxy_subnet import PURPOSES
from stackgen.facts.shape import text
from stackgen.net import addresses as a
from stackgen.net.model import External
from stackgen.record import record

_PRIVATE = ("spec", "privateClusterConfig")


@record
class GoogleRanges:
    """The ends whose addresses are known; else those that may be anywhere."""

    control_plane: External
    proxies: External


def google_ranges(context: Context) -> GoogleRanges:
    """The ranges of the one cluster, and of the one subnet for proxies, of the input.

    With private nodes, Pods reach the API server at an address of masterIpv4CidrBlock.
    """
    return context.once(_google_ranges)


def _google_ranges(context: Context) -> GoogleRanges:
    clusters = list(everything(context, "ContainerCluster"))
    plane = a.NOWHERE
    if len(clusters) == 1 and clusters[0].get(*_PRIVATE, "enablePrivateNodes") is True:
        plane = _range(clusters[0].get(*_PRIVATE, "masterIpv4CidrBlock"))
    subnets = [
        one
        for one in everything(context, "ComputeSubnetwork")
        if text(one.get("spec", "purpose")) in PURPOSES
    ]
    proxies = _range(subnets[0].get("spec", "ipCidrRange")) if len(subnets) == 1 else a.NOWHERE
    return GoogleRanges(
        External(API_SERVER, plane) if plane else api_server(),
        External(PROXIES, proxies) if proxies else networks_of_the_cluster(),
    )


def _range(given: object) -> a.Addresses:
    found = a.network(text(given)) if "/" in text(given) else None
    return found or a.NOWHERE
