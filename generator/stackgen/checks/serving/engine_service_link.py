"""A Service whose name gives vLLM a wrong port."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import engine_runs
from stackgen.checks.serving.provided import provided
from stackgen.facts.pod_templates import pod_templates
from stackgen.findings.model import Place, Severity, Violations, violation

_SERVICE, _VARIABLE = "vllm", "VLLM_PORT"


def check(context: Context) -> Violations:
    """One finding for each workload beside such a Service."""
    services = {
        s.namespace: s for s in context.bundle.of_kind("Service", "")
        if s.name == _SERVICE and s.get("spec", "clusterIP") != "None"
        and s.get("spec", "type") != "ExternalName"
    }  # fmt: skip
    for run in engine_runs(context) if services else ():
        service = services.get(run.resource.namespace)
        if service is None or run.running.engine.name == "sglang":
            continue
        if provided(context).incomplete(service):
            continue  # Kustomize may change the name
        specs = [t.spec for t in pod_templates(run.resource)]
        if any(spec.get("enableServiceLinks") is False for spec in specs):
            continue
        if any(name == _VARIABLE for _, name, _ in run.variables()):
            continue
        # Of separate files, Kustomize may give one a prefix and leave the other out.
        together = service.file == run.resource.file
        yield violation(
            f"Service {_SERVICE} sets {_VARIABLE} to an address in the Pods of {run.resource.name}",
            Place(service, ("metadata", "name")),
            run.place("name"),
            severity=None if together else Severity.WARNING,
            confidence=None if together else "medium",
        )
