"""Workers that cannot find each other by name."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each such Job; a Service that is not in the bundle is taken to be right."""
    seen = view(context)
    for workload in seen.tpu:
        resource, hosts = workload.resource, seen.target(workload).hosts
        if resource.kind != "Job" or not workload.grouped or hosts is None or hosts == 1:
            continue
        if any("TPU_WORKER_HOSTNAMES" in c.env for c in workload.tpu_containers):
            continue
        subdomain = workload.spec.get("subdomain")
        if not subdomain:
            yield violation(
                f"{workload.display_name} runs on {hosts} hosts and sets no subdomain",
                workload.place("subdomain", key=True),
            )
            continue
        for service in seen.context.bundle.of_kind("Service", ""):
            same = service.name == subdomain and service.namespace == resource.namespace
            if same and service.get("spec", "clusterIP") != "None":
                yield violation(
                    f"Service {service.name} is not headless, so the Pods of "
                    f"{workload.display_name} have no names",
                    Place(service, ("spec", "clusterIP")),
                    workload.place("subdomain", note="named here"),
                )
