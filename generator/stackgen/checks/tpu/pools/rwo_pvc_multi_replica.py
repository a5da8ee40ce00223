"""One disk for several nodes."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import scaled_remedy
from stackgen.checks.tpu.view import view
from stackgen.escape import visible
from stackgen.facts.autoscalers import autoscalers
from stackgen.facts.quantity import whole
from stackgen.facts.shape import at, text
from stackgen.facts.templates import templates
from stackgen.facts.volumes import attached
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.platforms.registry import service_workloads


def check(context: Context) -> Violations:
    """One finding for each claim that several Pods mount.

    TPU Pods have nodes of their own. Other Pods may share one, so there it is a warning.
    """
    seen = view(context)
    services = service_workloads(seen.catalog, context.release, context.bundle)
    holders: dict[int, Workload] = {}
    for resource in context.bundle.objects:
        for workload in templates(resource, services):
            if at(workload.spec, "affinity", "podAffinity") or workload.spec.get("nodeName"):
                continue  # they are told to share a node
            claimed: set[str] = set()  # one claim may be written in several files
            for claim in attached(workload, context.bundle):
                modes: Any = claim.data.get("accessModes")
                if claim.per_pod or modes not in (["ReadWriteOnce"], ["ReadWriteOncePod"]):
                    continue
                why = _several(workload, claim.name, modes[0], _most(context, workload))
                first = holders.setdefault(id(claim.resource), workload)
                # A Pod on its own often only fills the disk, and stays.
                alone = {first.resource.kind, resource.kind}
                # Two samples may have the same Pod.
                same = first.display_name == workload.display_name
                if first is not workload and "Pod" in alone and not why and not same:
                    why = (
                        f"{first.display_name} and {workload.display_name} mount {claim.name}, "
                        f"which is {modes[0]}"
                    )
                apart = bool(workload.tpu_containers) and _pods(workload) > 1
                if why and claim.name not in claimed:
                    claimed.add(claim.name)
                    yield violation(
                        why,
                        claim.place(),
                        Place(claim.resource, ("spec", "accessModes"), note="one node only"),
                        severity=None if apart else Severity.WARNING,
                        confidence=None if apart else "medium",
                        remedy=scaled_remedy(context, "rwo-pvc-multi-replica", resource.name),
                    )


def _pods(workload: Workload) -> int:
    """The least number of Pods."""
    replicas, size = workload.replicas.value, workload.size.value
    return 1 if replicas is None or size is None else replicas * size


def _most(context: Context, workload: Workload) -> tuple[int, str]:
    """How many replicas an autoscaler or a patch of a kustomization makes, and which."""
    own = workload.resource
    known = context.once(_made)
    scaled = known.get((own.kind, own.namespace, own.name), (1, ""))
    return max(scaled, known.get((own.kind, own.name), (1, "")))


def _made(context: Context) -> dict[tuple[str, ...], tuple[int, str]]:
    """The most replicas and what makes them: by target of an autoscaler, by kind and name."""
    found: dict[tuple[str, ...], tuple[int, str]] = {}
    for scaler in autoscalers(context.bundle):
        told = (scaler.most or 1, f"{scaler.resource.kind} {scaler.resource.name}")
        found[scaler.target] = max(told, found.get(scaler.target, told))
    for patch in context.bundle.patches:
        named = (text(at(patch.data, "kind")), text(at(patch.data, "metadata", "name")))
        count = whole(at(patch.data, "spec", "replicas")) or 1
        told = (count, f"the patch {visible(patch.source.name)}")
        found[named] = max(told, found.get(named, told))
    return found


def _several(workload: Workload, claim: str, mode: str, most: tuple[int, str]) -> str:
    """Why several Pods mount the claim; "" if one does. most: replicas, and what makes them."""
    name, count = workload.display_name, _pods(workload)
    if count > 1:
        nodes = ", each on its own node," if workload.tpu_containers else ""
        return f"{count} Pods of {name}{nodes} mount {claim}, which is {mode}"
    if most[0] > 1:
        made = f"{most[1]} makes up to {most[0]} Pods of {name}"
        return f"{made}, which mount {claim}, and {mode} has one node"
    resource = workload.resource
    strategy = resource.get("spec", "strategy", "type") or "RollingUpdate"
    surge = resource.get("spec", "strategy", "rollingUpdate", "maxSurge")
    rolls = resource.kind == "Deployment" and strategy == "RollingUpdate" and surge not in (0, "0%")
    # A TPU Pod waits for a node, which another rule reports.
    if rolls and count == 1 and not workload.tpu_containers and workload.replicas.value == 1:
        return (
            f"an update of {name} starts a second Pod, and {claim}, which is {mode}, has one node"
        )
    return ""
