"""The GKE clusters that the input makes, and what names one of them."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.facts.shape import plain, text
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record

KIND = "ContainerCluster"


@record
class Cluster:
    """A cluster. A location or project is empty where it is not known."""

    name: str
    location: str
    project: str
    pool: str
    resource: Resource


def clusters(bundle: Bundle) -> Iterator[Cluster]:
    """The clusters of scripts, Terraform files and Config Connector. A name may be filled in."""
    for one in (*bundle.objects, *bundle.outside):
        if one.kind == KIND and one.group.endswith("cnrm.cloud.google.com"):
            name = text(one.get("spec", "resourceID")) or one.name

            def known(*path: str, one: Resource = one) -> str:
                value = text(one.get("spec", *path))
                return value if plain(value) else ""

            location, project = known("location"), known("project")
            pool = known("workloadIdentityConfig", "workloadPool")
            yield Cluster(name, location, project, pool, one)
