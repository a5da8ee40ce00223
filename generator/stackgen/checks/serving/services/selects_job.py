"""A Service whose Pods are those of its server, and those of a Job as well."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.checks.serving.provided import provided
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Place, Violations, violation

_SERVERS = ("Deployment", "StatefulSet", "DaemonSet", "LeaderWorkerSet", "InferenceService")
_JOBS = ("Job", "CronJob")


def check(context: Context) -> Violations:
    """One finding for each Service, at its selector."""
    links = chain(context)
    for service in links.of("Service", ""):
        wanted = as_dict(service.get("spec", "selector"))
        if (
            not wanted
            or service.service is not None
            or provided(context).incomplete(service.resource)
        ):
            continue
        pods = links.selected(service.namespace, wanted)
        if not any(one.owner.kind in _SERVERS for one in pods):
            continue
        job = next((one for one in pods if one.owner.kind in _JOBS and _is_ready(one)), None)
        if job is not None:
            yield violation(
                f"Service {service.name} selects the Pods of {job.owner.kind} "
                f"{visible(job.owner.name)}, which listen on no port",
                service.place("spec", "selector"),
                Place(job.owner.resource, ("metadata", "name"), note="the Job"),
            )


def _is_ready(pods: Pods) -> bool:
    """Whether the Pods count as ready from their start, and name no port."""
    containers = [one for _, one in maps(pods.spec.get("containers"))]
    return not any(one.get("ports") or one.get("readinessProbe") for one in containers)
