"""The configuration of Ray Serve in a RayService, which the API server takes as a text."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engines.ray_llm import llm_application
from stackgen.escape import visible
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.manifest.yaml_in import parse
from stackgen.spelling import did_you_mean

_PATH = ("spec", "serveConfigV2")


def check(context: Context) -> Violations:
    """Fields of deployments, and replicas that no Pod of the cluster has room for."""
    for service in context.bundle.of_kind("RayService", "ray.io"):
        content = service.get(*_PATH)
        for document in parse(content, "serveConfigV2", learning=False) if content else ():
            for _, application in maps(as_dict(document.data).get("applications")):
                yield from llm_application(service, application)
                for _, deployment in maps(application.get("deployments")):
                    yield from _fields(service, deployment)
                    yield from _room(service, deployment)


def _fields(service: Resource, deployment: dict[str, Any]) -> Violations:
    known = frozenset(shipped(__file__, "ray_serve_fields.yaml")["deployment"])
    for name in deployment:
        if name not in known:
            yield violation(
                f"deployment {visible(text(deployment.get('name')))} has the field "
                f"{visible(str(name))}, which Ray Serve does not know"
                f"{did_you_mean(_snake(str(name)), sorted(known))}",
                Place(service, _PATH),
                severity=None if _snake(str(name)) in known else Severity.WARNING,
            )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _room(service: Resource, deployment: dict[str, Any]) -> Violations:
    groups = [at(service.data, "spec", "rayClusterConfig", "headGroupSpec")]
    groups += [g for _, g in maps(at(service.data, "spec", "rayClusterConfig", "workerGroupSpecs"))]
    for option, flag, resource in (
        ("num_cpus", "num-cpus", "cpu"),
        ("num_gpus", "num-gpus", "nvidia.com/gpu"),
    ):
        asked = number(at(deployment, "ray_actor_options", option))
        has = [_of_group(as_dict(group), flag, resource) for group in groups]
        most = max((x for x in has if x is not None), default=None)
        if asked and None not in has and most is not None and asked > most:
            yield violation(
                f"a replica of {visible(text(deployment.get('name')))} needs {asked:g} {option}, "
                f"and a Pod of the cluster has {most:g}",
                Place(service, _PATH),
                severity=Severity.WARNING,
            )
    each, several = deployment.get("max_replicas_per_node"), deployment.get("num_replicas")
    if isinstance(each, int) and isinstance(several, int):
        places = [
            as_dict(group).get("maxReplicas", as_dict(group).get("replicas", 1)) if i else 1
            for i, group in enumerate(groups)
            if _of_group(as_dict(group), "num-cpus", "cpu") != 0
        ]
        if all(isinstance(n, int) for n in places) and each * sum(places) < several:
            yield violation(
                f"{visible(text(deployment.get('name')))} has {several} replicas and "
                f"max_replicas_per_node {each}, and {sum(places)} Pods take replicas",
                Place(service, _PATH),
                severity=Severity.WARNING,
            )


def _of_group(group: dict[str, Any], flag: str, resource: str) -> float | None:
    """What Ray counts in a Pod of a group; None where that is not known."""
    given = at(group, "rayStartParams", flag)
    if given is not None:
        return number(given)
    for _, container in maps(at(group, "template", "spec", "containers")):
        limits = as_dict(at(container, "resources", "limits"))
        requests = as_dict(at(container, "resources", "requests"))
        amount = limits.get(resource, requests.get(resource))
        if amount is None:
            return 0 if resource != "cpu" and limits else None
        return number(amount)
    return None
