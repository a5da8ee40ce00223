"""A claim for one node that Pods on several nodes mount."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_list, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_ONE_NODE = (["ReadWriteOnce"], ["ReadWriteOncePod"])


def check(context: Context) -> Violations:
    """One finding for each volume of a workload with more than one replica."""
    for resource, path, name, replicas in (*_workloads(context), *_services(context)):
        for claim in context.bundle.named("PersistentVolumeClaim", resource.namespace, name, ""):
            modes = as_list(claim.get("spec", "accessModes"))
            if modes in _ONE_NODE:
                yield violation(
                    f"{replicas} replicas mount the claim {name}, whose access mode is {modes[0]}",
                    Place(resource, path),
                    Place(claim, ("spec", "accessModes"), note="one node"),
                )


Mount = tuple[Resource, Path, str, int]


def _workloads(context: Context) -> Iterator[Mount]:
    """Deployments, ReplicaSets and Jobs. Pods that are told to share a node are left out."""
    for resource in context.bundle.objects:
        field = "parallelism" if resource.kind == "Job" else "replicas"
        replicas = whole(resource.get("spec", field)) or 1
        if resource.kind not in ("Deployment", "ReplicaSet", "Job") or replicas < 2:
            continue
        for template in pod_templates(resource):
            if at(template.spec, "affinity", "podAffinity") or template.spec.get("nodeName"):
                continue
            for i, volume in maps(template.spec.get("volumes")):
                name = text(at(volume, "persistentVolumeClaim", "claimName"))
                if name:
                    yield resource, (*template.spec_path, "volumes", i), name, replicas


def _services(context: Context) -> Iterator[Mount]:
    """Models of KServe at pvc://, with the replicas of the service."""
    for service in services(context):
        uri = text(at(service.spec, "model", "uri"))
        replicas = whole(service.spec.get("replicas")) or 1
        if uri.startswith("pvc://") and replicas > 1:
            name = uri.removeprefix("pvc://").partition("/")[0]
            yield service.resource, ("spec", "model", "uri"), name, replicas
