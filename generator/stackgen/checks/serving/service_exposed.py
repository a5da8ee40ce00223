"""A model server or endpoint picker on an address of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
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
    links = chain(context)
    for resource in context.bundle.of_kind("Service", ""):
        spec = as_dict(resource.get("spec"))
        if spec.get("type") != "LoadBalancer" or as_list(spec.get("loadBalancerSourceRanges")):
            continue
        notes = as_dict(resource.metadata.get("annotations"))
        if any(text(notes.get(key)).lower() in _INSIDE for key in _INTERNAL):
            continue
        wanted = as_dict(spec.get("selector"))
        what = _kserve(wanted) or _runs(
            links.selected(resource.namespace, wanted) if wanted else ()
        )
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


def _runs(pods: Iterator[Pods] | list[Pods] | tuple[()]) -> str:
    for pod in pods:
        for _, container in maps(pod.spec.get("containers")):
            ports = [p.get("containerPort") for _, p in maps(container.get("ports"))]
            if _PICKER_PORT in ports:
                return "the endpoint picker"
            limits = as_dict(as_dict(container.get("resources")).get("limits"))
            words = f"{container.get('image')} {container.get('name')} {pod.owner.name}".lower()
            on_gpu = any(str(key).endswith("/gpu") for key in limits) and _SERVER.search(words)
            if ports and (on_gpu or any(str(key).endswith("/tpu") for key in limits)):
                return "the model servers"
    return ""
