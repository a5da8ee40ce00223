"""A claim that Argo CD waits for, and that waits for a Pod of a later wave."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.rollout.argocd import WAVE, wave_of

# Classes of GKE that bind a claim when a Pod uses it. The empty name is the default, standard-rwo.
_LATE_CLASSES = frozenset({"", "standard-rwo", "premium-rwo"})


def check(context: Context) -> Violations:
    """One finding for each claim whose Pods all come later, if its class binds it only then."""
    claims = [
        claim
        for claim in context.bundle.of_kind("PersistentVolumeClaim", "")
        if _binds_late(context, claim) and not claim.get("spec", "volumeName")
    ]
    users = _users(context) if claims else {}
    for claim in claims:
        using = users.get((claim.namespace, claim.name), [])
        order = wave_of(claim)
        if not using or any(wave_of(one) <= order for one in using):
            continue
        first = using[0]
        yield violation(
            f"PersistentVolumeClaim {claim.name} of wave {order[1]} is bound only when a Pod "
            "uses it, and "
            f"{first.kind} {first.name} is in a later wave",
            Place(claim, ("metadata", "annotations", WAVE)),
            Place(first, ("metadata", "name"), note="comes later"),
        )


def _binds_late(context: Context, claim: Resource) -> bool:
    name = text(claim.get("spec", "storageClassName"))
    for kind in context.bundle.of_kind("StorageClass", "storage.k8s.io"):
        if kind.name == name:
            return bool(kind.get("volumeBindingMode") == "WaitForFirstConsumer")
    return name in _LATE_CLASSES


def _users(context: Context) -> dict[tuple[str, str], list[Resource]]:
    """The objects whose Pods mount a claim, by its namespace and name."""
    found: dict[tuple[str, str], list[Resource]] = {}
    for resource in context.bundle.objects:
        for template in pod_templates(resource):
            for _, volume in maps(template.spec.get("volumes")):
                name = text(as_dict(volume.get("persistentVolumeClaim")).get("claimName"))
                if name:
                    found.setdefault((resource.namespace, name), []).append(resource)
    return found
