"""Nodes without external addresses and without Cloud NAT, whose Pods need the internet."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.gitops.subnets import everything, said, subnet_of
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.facts.locations import is_location, region_of
from stackgen.facts.shape import text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

# Registries without a mirror that private nodes reach by Private Google Access.
_PUBLIC = ("docker.io", "ghcr.io", "quay.io", "nvcr.io", "public.ecr.aws")
# What gives nodes a way out, in Terraform, gcloud and modules.
_OTHER_WAYS = "nat_ip|next_hop_|https?_proxy|HTTPS?_PROXY|cloud-nat"
_WAYS = "RouterNAT|router.nat|cloud.nat|nats? create|nat_ip|next_hop_|https?_proxy|HTTPS?_PROXY"


def check(context: Context) -> Violations:
    """One finding for each cluster with private nodes in a subnet of the input."""
    for cluster in everything(context, "ContainerCluster"):
        path = ("spec", "privateClusterConfig", "enablePrivateNodes")
        subnet = subnet_of(context, cluster) if cluster.get(*path) is True else None
        if subnet is None:
            continue
        yield from _elsewhere(context, cluster)
        if said(context, _WAYS):
            continue
        needing = next(_images(context), None)
        if needing is not None and (one := needing[0].resource) is not None:
            yield violation(
                f"the nodes have no external addresses, no file has a Cloud NAT, and {one.kind} "
                f"{one.name} has the image {needing[1]}",
                Place(cluster, path),
                needing[0],
            )


def _elsewhere(context: Context, cluster: Resource) -> Violations:
    """Cloud NATs of which none is in the region of the cluster."""
    nats = list(everything(context, "ComputeRouterNAT"))
    regions = {text(one.get("spec", "location") or one.get("spec", "region")) for one in nats}
    location = text(cluster.get("spec", "location"))
    known = all(map(is_location, (*regions, location)))
    if nats and known and region_of(location) not in regions and not said(context, _OTHER_WAYS):
        yield violation(
            f"the nodes have no external addresses, and no Cloud NAT is in "
            f"{region_of(location)}: {nats[0].name} is in {min(regions)}",
            Place(cluster, ("spec", "privateClusterConfig", "enablePrivateNodes")),
            Place(nats[0], (), note="the Cloud NAT"),
        )


def _images(context: Context) -> Iterator[tuple[Place, str]]:
    """Images of public registries that are not of Google."""
    for pod in pod_specs(context):
        for path, image in pod.images():
            try:
                registry = image_reference(image).registry or "docker.io"
            except ImageReferenceError:
                continue
            if registry in _PUBLIC:
                yield pod.place(*path), image
