"""Pod templates in custom resources, which the API server checks when the Pods are made."""

from __future__ import annotations

from stackgen.checks.composed import is_composed
from stackgen.checks.context import Context
from stackgen.checks.schema.judge import judge_of
from stackgen.checks.serving.gateway.gateway_pods import gateway_pods, unknown_mounts
from stackgen.checks.serving.kserve.serving_pod_rejected import of_devices
from stackgen.escape import visible
from stackgen.facts.pod_templates import pod_parts, pod_templates, workload_kinds
from stackgen.facts.shape import as_dict, at, maps, plain
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.rejected import PLACEHOLDER, POD, Judge, pod_problems

# Kinds whose own schema has the Pod's rules.
_NATIVE = ("", "apps", "batch")
_CLAIMS = ("volumeClaimTemplates", "volumeClaimPolicies")
# A Deployment, as which the template is checked, allows one value of these.
_OTHERS = ("restartPolicy", "activeDeadlineSeconds")

_ANY = {"name": "any", "image": PLACEHOLDER}


def check(context: Context) -> Violations:
    """One finding for each field that the definition of the kind accepts and a Pod does not."""
    judge = judge_of(context)
    for pods in gateway_pods(context):
        for name in unknown_mounts(pods):
            yield violation(
                f"the API server rejects the Deployment of the Gateway: {visible(name)} is mounted "
                "and is not a volume",
                Place(pods.config, pods.path),
            )
    for resource in context.bundle.objects:
        yield from _of_parts(resource, judge)
        key = (resource.group, resource.kind)
        if resource.group in _NATIVE or key not in workload_kinds():
            continue
        # Volumes of claims that the controller makes have no entry in the template.
        claims = any(word in as_dict(resource.get("spec")) for word in _CLAIMS) or bool(
            resource.get("spec", "leaderWorkerTemplate", "volumeClaimTemplates")
        )
        known = {problem.path for problem in judge(resource.data)}
        for template in pod_templates(resource):
            pod = {k: v for k, v in template.spec.items() if k not in _OTHERS}
            for problem in pod_problems(pod, {}, judge) if pod else ():
                if problem.path[: len(POD)] != POD or (claims and "volumeMounts" in problem.path):
                    continue
                if of_devices(problem):
                    continue
                path = (*template.spec_path, *problem.path[len(POD) :])
                value = at(resource.data, *path)
                if path not in known and not (isinstance(value, str) and not plain(value)):
                    yield violation(
                        f"the API server rejects the Pods: {problem.message}",
                        Place(resource, path),
                        severity=Severity.INFO if is_composed(context, resource) else None,
                    )


def _of_parts(resource: Resource, judge: Judge) -> Violations:
    """Requests and limits in kinds that hold a part of a Pod spec; an operator adds the rest."""
    for path, part in pod_parts(resource):
        containers = [((*path, key), as_dict(value)) for key, value in part.items()]
        for field in ("containers", "initContainers"):
            containers += [((*path, field, i), one) for i, one in maps(part.get(field))]
        for where, container in containers:
            resources = container.get("resources")
            if not isinstance(resources, dict):
                continue
            pod = {"containers": [{**_ANY, "resources": {**resources, "claims": None}}]}
            for problem in pod_problems(pod, {}, judge):
                inner = problem.path[len(POD) + 2 :]
                if problem.rule == "schema-missing-field":
                    continue  # the limit may be that of the runtime
                value = at(container, *inner)
                if inner[:1] == ("resources",) and not (
                    isinstance(value, str) and not plain(value)
                ):
                    yield violation(
                        f"the API server rejects the Pods: {problem.message}",
                        Place(resource, (*where, *inner)),
                    )
