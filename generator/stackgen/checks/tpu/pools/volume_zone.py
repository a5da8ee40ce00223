"""A volume in a zone in which no node of the Pods can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.facts.locations import is_zone
from stackgen.facts.shape import as_list, maps, text
from stackgen.facts.volumes import attached
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.wording import or_list

_STORAGE = "storage.k8s.io"
# The disk of a volume of the driver of Persistent Disk and Hyperdisk.
DISK = regex(r"projects/(?P<project>[^/]+)/zones/(?P<zone>[^/]+)/disks/[^/]+\Z")
_KEYS = ("topology.gke.io/zone", "topology.kubernetes.io/zone")


def check(context: Context) -> Violations:
    """One finding for each volume of Pods whose node pools, and their zones, are known."""
    seen = view(context)
    yield from _handles(context)
    for workload in seen.workloads if seen.pools else ():
        for claim in attached(workload, context.bundle):
            found = _zones(context, claim.data)
            if found is None:
                continue
            zones, place = found
            here = _of_nodes(seen, workload)
            if here and not here & zones:
                yield violation(
                    f"volume {claim.name} is in {or_list(sorted(zones))}, and the nodes for "
                    f"{workload.display_name} are in {or_list(sorted(here))}",
                    claim.place(),
                    place,
                )


def _handles(context: Context) -> Violations:
    """A disk in another zone than those in which its volume says that it is."""
    path: Path = ("spec", "nodeAffinity", "required", "nodeSelectorTerms")
    handle: Path = ("spec", "csi", "volumeHandle")
    for volume in context.bundle.of_kind("PersistentVolume", ""):
        found = DISK.match(text(volume.get(*handle)))
        zones = _values(volume, path, "matchExpressions") if found else frozenset[str]()
        if found and zones and is_zone(found["zone"]) and found["zone"] not in zones:
            yield violation(
                f"the disk is in {found['zone']}, and PersistentVolume {volume.name} is only for "
                f"nodes in {or_list(sorted(zones))}",
                Place(volume, handle),
                Place(volume, path),
            )


def _of_nodes(seen: View, workload: Workload) -> frozenset[str]:
    """The zones of the node pools of an accelerator; empty if one of them is not known."""
    if seen.may_add_pools(workload):
        return frozenset()
    tpu = bool(workload.tpu_containers)
    pools = seen.pools_for(workload) if tpu else seen.pools_near(workload, "gpu", workload.labels)
    asks = tpu or any(c.amount_path("nvidia.com/gpu") for c in workload.containers)
    zones = [pool.zones for pool in pools] if asks else []
    if not zones or any(not z or not all(map(is_zone, z)) for z in zones):
        return frozenset()
    return frozenset(zone for some in zones for zone in some or ())


def _zones(context: Context, claim: Mapping[str, Any]) -> tuple[frozenset[str], Place] | None:
    """The zones in which the volume of a claim can be, and what says so; None if all can be."""
    name, kind = text(claim.get("volumeName")), text(claim.get("storageClassName"))
    for volume in context.bundle.named("PersistentVolume", "", name, group="") if name else ():
        path: Path = ("spec", "nodeAffinity", "required", "nodeSelectorTerms")
        if zones := _values(volume, path, "matchExpressions"):
            return zones, Place(volume, path)
    for one in context.bundle.named("StorageClass", "", kind, group=_STORAGE) if not name else ():
        path = ("allowedTopologies",)
        if zones := _values(one, path, "matchLabelExpressions"):
            return zones, Place(one, path)
    return None


def _values(resource: Resource, path: Path, field: str) -> frozenset[str]:
    """The zones of all terms; empty where a term has none, or none that is known."""
    found: set[str] = set()
    for _, term in maps(resource.get(*path)):
        zones = {
            text(value)
            for _, one in maps(term.get(field))
            if one.get("key") in _KEYS and one.get("operator", "In") == "In"
            for value in as_list(one.get("values"))
        }
        if not zones or not all(map(is_zone, zones)):
            return frozenset()
        found |= zones
    return frozenset(found)
