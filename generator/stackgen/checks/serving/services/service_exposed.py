"""A model server or endpoint picker on an address of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.checks.serving.served_names import ServedNames
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.names import COMPONENT, KSERVE_COMPONENT, PART_OF, PART_OF_VALUE
from stackgen.regex import regex

# Annotations of the clouds for an address inside of the network, with the values that mean it.
_INTERNAL = (
    "networking.gke.io/load-balancer-type",
    "cloud.google.com/load-balancer-type",
    "service.beta.kubernetes.io/azure-load-balancer-internal",
    "service.beta.kubernetes.io/aws-load-balancer-internal",
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
)
_INSIDE = {"internal", "true", "0.0.0.0/0"}
_PICKER_PORT = 9002
# A camera recorder, a desktop or a notebook may have a GPU, too.
_SERVER = regex(
    r"llm|llama|sglang|triton|text-generation|\btgi\b|lmdeploy|tensorrt|localai|diffusion|whisper"
    r"|openai|inference|\bserv(?:e|er|ing)\b|model|gpt|qwen|gemma|mistral|deepseek|granite|embed"
)
_RAY = (
    ("RayCluster", "spec"), ("RayJob", "spec", "rayClusterSpec"),
    ("RayService", "spec", "rayClusterConfig"),
)  # fmt: skip


def check(context: Context) -> Violations:
    """Services whose selector says KServe, or whose Pods run a model server or the picker."""
    links, served = chain(context), ServedNames(context)
    for resource in context.bundle.of_kind("Service", ""):
        spec = as_dict(resource.get("spec"))
        if spec.get("type") != "LoadBalancer" or as_list(spec.get("loadBalancerSourceRanges")):
            continue
        notes = as_dict(resource.metadata.get("annotations"))
        if any(text(notes.get(key)).lower() in _INSIDE for key in _INTERNAL):
            continue
        wanted = as_dict(spec.get("selector"))
        pods = links.selected(resource.namespace, wanted) if wanted else ()
        what = _kserve(wanted) or _runs(pods, spec, served)
        if what:
            yield violation(
                f"{resource.name} exposes {what} to all clients that can reach its load balancer",
                Place(resource, ("spec", "type")),
            )
    for kind, *base in _RAY:
        for resource in context.bundle.of_kind(kind, "ray.io"):
            path = (*base, "headGroupSpec", "serviceType")
            if resource.get(*path) == "LoadBalancer":
                yield violation(
                    f"{resource.name} exposes the dashboard of Ray, which runs any job without a "
                    "login, to every client that can reach its load balancer",
                    Place(resource, path),
                )


def _kserve(wanted: Mapping[str, Any]) -> str:
    if "router-scheduler" in text(wanted.get(COMPONENT)):
        return "the endpoint picker"
    ours = KSERVE_COMPONENT in wanted or wanted.get(PART_OF) == PART_OF_VALUE
    return "the model servers" if ours else ""


def _runs(pods: Iterable[Pods], spec: Mapping[str, Any], served: ServedNames) -> str:
    targets = [one.get("targetPort", one.get("port")) for _, one in maps(spec.get("ports"))]
    for pod in pods:
        engines = [run.container for run in served.runs(pod)]
        for container in _behind(pod, targets):
            ports = [p.get("containerPort") for _, p in maps(container.get("ports"))]
            if _PICKER_PORT in ports:
                return "the endpoint picker"
            limits = as_dict(as_dict(container.get("resources")).get("limits"))
            words = f"{container.get('image')} {container.get('name')} {pod.owner.name}".lower()
            on_gpu = any(str(key).endswith("/gpu") for key in limits) and _SERVER.search(words)
            on_tpu = any(str(key).endswith("/tpu") for key in limits)
            if on_gpu or on_tpu or any(container == one for one in engines):
                return "the model servers"
    return ""


def _behind(pod: Pods, targets: list[Any]) -> list[dict[str, Any]]:
    """The containers that listen on the ports: a proxy may stand before the server.

    What declares no port may listen on any.
    """
    found = [container for _, container in maps(pod.spec.get("containers"))]
    named = [one for one in found if not _ports(one).isdisjoint(targets)]
    return named or [one for one in found if not _ports(one)]


def _ports(container: Mapping[str, Any]) -> set[Any]:
    declared = [one for _, one in maps(container.get("ports"))]
    return {one.get(key) for one in declared for key in ("containerPort", "name")} - {None}
