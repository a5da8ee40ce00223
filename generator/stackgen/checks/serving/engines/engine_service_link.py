"""A Service whose name gives vLLM a wrong port."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.checks.serving.provided import provided
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation

_SERVICE, _VARIABLE = "vllm", "VLLM_PORT"


def check(context: Context) -> Violations:
    """One finding for each workload beside such a Service."""
    services = {
        s.namespace: s for s in context.bundle.of_kind("Service", "")
        if s.name == _SERVICE and s.get("spec", "clusterIP") != "None"
        and s.get("spec", "type") != "ExternalName"
    }  # fmt: skip
    told: set[tuple[int, str]] = set()
    for run in engine_runs(context) if services else ():
        service = services.get(run.resource.namespace)
        if service is None or run.running.engine.name == "sglang":
            continue
        if provided(context).incomplete(service):
            continue  # Kustomize may change the name
        specs = [t.spec for t in pod_templates(run.resource)]
        if any(spec.get("enableServiceLinks") is False for spec in specs):
            continue
        if any(name == _VARIABLE for _, name, _ in run.variables()) or _from_config(context, run):
            continue
        if (id(service), run.resource.name) in told:
            continue
        told.add((id(service), run.resource.name))
        # Of separate files, Kustomize may give one a prefix and leave the other out.
        together = service.file == run.resource.file
        yield violation(
            f"Service {_SERVICE} sets {_VARIABLE} to an address in the Pods of {run.resource.name}",
            Place(service, ("metadata", "name")),
            run.place("name"),
            severity=None if together else Severity.WARNING,
            confidence=None if together else "medium",
        )


def _from_config(context: Context, run: EngineRun) -> bool:
    """Whether a ConfigMap of the input, of which the container takes all keys, has the variable."""
    names = {
        text(as_dict(one.get("configMapRef")).get("name"))
        for _, one in maps(run.container.get("envFrom"))
    }
    return any(
        _VARIABLE in as_dict(config.get("data"))
        for name in names - {""}
        for config in context.bundle.named("ConfigMap", run.resource.namespace, name)
    )
