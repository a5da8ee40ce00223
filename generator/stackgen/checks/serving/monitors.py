"""Monitors of the Prometheus operator and of GKE, and the Pods and ports that they scrape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain, Pods, applied_to, chain
from stackgen.digits import to_int
from stackgen.facts.command_line import CommandLine, read
from stackgen.facts.containers import environment
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.names import PORT
from stackgen.record import record
from stackgen.regex import regex

_OPERATOR, _GMP = "monitoring.coreos.com", "monitoring.googleapis.com"
_KINDS = (
    ("PodMonitor", _OPERATOR, "podMetricsEndpoints"),
    ("ServiceMonitor", _OPERATOR, "endpoints"),
    ("PodMonitoring", _GMP, "endpoints"),
    ("ClusterPodMonitoring", _GMP, "endpoints"),
)
# Those that select Pods of their own namespace, by default.
OF_PODS = (_KINDS[0], _KINDS[2])


def port_of(endpoint: Mapping[str, Any]) -> tuple[str, str | int] | None:
    """The field that says which port is scraped, and its value: a port's name, or a number."""
    for name in ("port", "portNumber", "targetPort"):
        value = endpoint.get(name)
        if isinstance(value, str) and value.isdecimal():
            return name, to_int(value)
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return name, value
    return None


# Images of servers that generate text, by their documentation, as of 2026-11-30.
_GENERATES = regex(
    r"(?:\A|/)(?:tritonserver:[\w.-]*(?:vllm|trtllm)|sglang[:@]|text-generation-inference[:@]"
    r"|llama\.cpp:[\w.-]*server|lmdeploy[:@]|ollama[:@])"
)

_RELAYS = regex(r"(?:\A|/)litellm(?:-database|-non_root)?[:@]")


def server_line(pods: Pods) -> CommandLine | None:
    """The command line of the vLLM server in these Pods; None when they run none."""
    for i, container in maps(pods.spec.get("containers")):
        env = environment(container)
        line = read(container.get("command"), container.get("args"), env, ("containers", i))
        # The image of vLLM starts the server with `args` alone.
        image = str(container.get("image") or "").rpartition("/")[2]
        starts = not container.get("command") and image.startswith("vllm")
        if line.vllm or (starts and ("model" in line.flags or line.model is not None)):
            return line
    return None


def generates(pods: Pods) -> bool:
    """Whether the Pods run a server that generates text, whose answers take long."""
    images = (text(one.get("image")) for _, one in maps(pods.spec.get("containers")))
    return server_line(pods) is not None or any(map(_GENERATES.search, images))


def relays(pods: Pods) -> bool:
    """Whether the Pods run LiteLLM, which passes on the answers of model servers."""
    images = (text(one.get("image")) for _, one in maps(pods.spec.get("containers")))
    return any(map(_RELAYS.search, images))


@record
class Target:
    """An endpoint of a monitor. path: of the endpoint. field: of it that says the port, or "".

    port: of the Pods, by number or name; None for the port of a Service that it does not have.
    pods: those in the input that are scraped.
    """

    resource: Resource
    path: Path
    endpoint: dict[str, Any]
    field: str
    port: str | int | None
    pods: tuple[Pods, ...]


def targets(context: Context) -> Iterator[Target]:
    """What the monitors of the input scrape; without ServiceMonitors that select by expressions."""
    links = chain(context)
    services: dict[str, list[ApiObject]] = {}
    for service in links.of("Service", ""):
        services.setdefault(service.namespace, []).append(service)
    for kind, group, field in _KINDS:
        for resource in context.bundle.of_kind(kind, group):
            chosen = as_dict(resource.get("spec", "selector"))
            labels = as_dict(chosen.get("matchLabels"))
            if not any(chosen.values()):
                continue
            spaces = _namespaces(links, resource)
            for i, endpoint in maps(resource.get("spec", field)):
                path: Path = ("spec", field, i)
                if kind == "ServiceMonitor":
                    if chosen.get("matchExpressions"):
                        continue
                    found = [one for space in spaces for one in services.get(space, ())]
                    yield from _by_service(links, resource, path, endpoint, labels, found)
                    continue
                here = {applied_to(space) for space in spaces}
                alone = len(spaces) == 1
                some = links.within(chosen, spaces[0]) if alone else links.everywhere(chosen)
                known = [p for p, sure in some if sure]
                pods = tuple(p for p in known if applied_to(p.owner.namespace) in here)
                said, port = port_of(endpoint) or ("", None)
                if pods:
                    yield Target(resource, path, endpoint, said, port, pods)


def _namespaces(links: Chain, resource: Resource) -> tuple[str, ...]:
    """Where the monitor selects: in its own namespace unless it says otherwise."""
    chosen = as_dict(resource.get("spec", "namespaceSelector"))
    if resource.kind == "ClusterPodMonitoring" or chosen.get("any") is True:
        return tuple(links.pods)
    names = [str(name) for name in as_list(chosen.get("matchNames"))]
    return tuple(names) or (resource.namespace,)


def _by_service(
    links: Chain, resource: Resource, path: Path, endpoint: dict[str, Any],
    labels: Mapping[str, Any], services: Iterable[ApiObject],
) -> Iterator[Target]:  # fmt: skip
    """One target for each Service of the input that a ServiceMonitor selects."""
    said, port = port_of(endpoint) or ("", None)
    for service in services:
        bears = as_dict(service.get("metadata", "labels"))
        selects = as_dict(service.get("spec", "selector"))
        if not labels.items() <= bears.items() or not selects:
            continue
        pods = tuple(links.selected(service.namespace, selects))
        if not pods:
            continue
        ports = [entry for _, entry in maps(service.get("spec", "ports"))]
        of_pods: str | int | None = port
        if said == "port":  # a name of the Service's; targetPort is a port of the Pods
            found = next((e for e in ports if e.get("name") == port), None)
            of_pods = found.get("targetPort", found.get("port")) if found is not None else None
        yield Target(resource, path, endpoint, said, of_pods, pods)


def listened(pods: Pods) -> set[int]:
    """Every port that the Pods listen on; empty when that is not known.

    A container may listen on a port that it does not declare. What KServe makes, and what the
    command of a vLLM server says, is known.
    """
    line = server_line(pods)
    server = line.number("port", PORT) if line is not None else None
    declared = {number for _, number in pods.ports() if number is not None}
    if pods.owner.service is None and (server is None or _several(pods)):
        return set()
    return declared | ({server} if server is not None else set())


def _several(pods: Pods) -> bool:
    """Sidecars listen on ports of their own."""
    held = pods.spec.get("containers")
    return isinstance(held, list) and len(held) > 1
