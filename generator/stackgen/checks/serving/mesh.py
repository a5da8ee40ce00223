"""What of Istio's mesh the input shows: sidecars, ambient mode, and what a host is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.composed import gives_label
from stackgen.checks.context import Context
from stackgen.checks.network.view import view as network
from stackgen.checks.serving.chain import ApiObject, Pods, chain
from stackgen.facts.pod_templates import PodTemplate, templates_of
from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import labels_of
from stackgen.platforms.model import PARTS

NETWORKING, SECURITY = "networking.istio.io", "security.istio.io"
WAYPOINT = "istio.io/use-waypoint"
_INJECT, _INJECTION, _REVISION = "sidecar.istio.io/inject", "istio-injection", "istio.io/rev"
_LEFT_OUT = "traffic.sidecar.istio.io/excludeInboundPorts"
_AROUND = "traffic.sidecar.istio.io/excludeOutboundPorts"
_MODE = "istio.io/dataplane-mode"


def namespaces(context: Context) -> dict[str, dict[str, str]]:
    """The labels of the namespaces of the input."""
    return context.once(_namespaces)


def _namespaces(context: Context) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for one in context.bundle.of_kind("Namespace", ""):
        labels, known = labels_of(one.metadata), found.setdefault(one.name, {})
        # A file that leaves out a label does not remove it, and one that turns the mesh on may win.
        found[one.name] = {**labels, **known} if injects(known) else {**known, **labels}
    return found


def _patched(context: Context) -> frozenset[str]:
    """The namespaces that a patch of the input may put into the mesh."""
    return frozenset(
        one.name
        for one in context.bundle.of_kind("Namespace", "")
        if any(gives_label(context, one, key) for key in (_INJECTION, _REVISION, _MODE))
    )


def ambient(context: Context, namespace: str) -> bool:
    """Whether the input says that the Pods of a namespace are in ambient mode."""
    return namespaces(context).get(namespace, {}).get(_MODE) == "ambient"


def in_ambient(context: Context, pods: Pods) -> bool:
    """Whether the input says that ztunnel takes the connections of these Pods."""
    if pods.labels.get(_INJECT) == "true" or runs_proxy(pods):
        return False
    own = pods.labels.get(_MODE)
    return own == "ambient" if own else ambient(context, pods.owner.namespace)


def without_proxy(context: Context, pods: Pods) -> bool:
    """Whether the input says that these Pods have no sidecar and are not in ambient mode."""
    own, space = pods.labels, namespaces(context).get(pods.owner.namespace)
    made = pods.owner.resource
    if made is not None and gives_label(context, made, _INJECT):
        return False  # a patch may set it
    if own.get(_INJECT) == "true" or own.get(_MODE) == "ambient" or _REVISION in own:
        return False
    if own.get(_INJECT) == "false":
        return space is None or space.get(_MODE) != "ambient"
    if space is None or space.get(_MODE) == "ambient":
        return False
    if pods.owner.namespace in context.once(_patched):
        return False
    return space.get(_INJECTION) != "enabled" and _REVISION not in space


def injects(labels: Mapping[str, str]) -> bool:
    """Whether the Pods of a namespace with these labels are in the mesh, unless they say other."""
    return (
        labels.get(_INJECTION) == "enabled" or _REVISION in labels or labels.get(_MODE) == "ambient"
    )


def injected(context: Context, namespace: str, template: PodTemplate) -> bool:
    """Whether the input says that Pods of a template get a sidecar of Istio."""
    own, space = template.labels, namespaces(context).get(namespace, {})
    wanted = space.get(_INJECTION) == "enabled" or _REVISION in space or _REVISION in own
    return bool(own.get(_INJECT, "true" if wanted else "false") == "true")


def have_sidecar(context: Context, pods: Pods) -> bool:
    """Whether the input says that Pods get a sidecar of Istio."""
    templates = templates_of(pods.owner.group, pods.owner.kind, pods.owner.data)
    return any(
        injected(context, pods.owner.namespace, one)
        for one in templates
        if one.labels == pods.labels
    )


def past_proxy(context: Context, pods: Pods, port: int) -> bool:
    """Whether requests to a port reach the container without the sidecar, which judges none.

    A server with TLS of its own is such a one: its sidecar could not tell who sends a request.
    """
    if any(_speaks_tls(container, port) for _, container in maps(pods.spec.get("containers"))):
        return True
    words = ports_without_proxy(pods) | context.once(_left_out)
    return str(port) in words or "*" in words


def ports_without_proxy(pods: Pods, annotation: str = _LEFT_OUT) -> frozenset[str]:
    """The ports of the Pods that an annotation takes out of the mesh, as they are written."""
    words = (word.strip() for word in str(pods.annotations.get(annotation) or "").split(","))
    return frozenset(filter(None, words))


def ports_around_proxy(pods: Pods) -> frozenset[str]:
    """The ports of others that the Pods call without their sidecar."""
    return ports_without_proxy(pods, _AROUND)


def runs_proxy(pods: Pods) -> bool:
    """Whether the manifest itself has the proxy of Istio, as that of a gateway does."""
    containers = [one for _, one in maps(pods.spec.get("containers"))]
    return any(one.get("name") == "istio-proxy" or one.get("image") == "auto" for one in containers)


def _left_out(context: Context) -> frozenset[str]:
    """The ports that the whole mesh leaves out."""
    values = [
        istio.get("spec", "values", "global", "proxy", "excludeInboundPorts")
        for istio in context.bundle.of_kind("Istio", "sailoperator.io")
    ]
    return frozenset(word.strip() for value in values for word in text(value).split(","))


def _speaks_tls(container: dict[str, Any], port: int) -> bool:
    probes = [
        as_dict(container.get(f"{name}Probe")) for name in ("readiness", "startup", "liveness")
    ]
    asked = [as_dict(probe.get("httpGet")) for probe in probes]
    return any(get.get("scheme") == "HTTPS" and get.get("port") == port for get in asked)


def host_pods(context: Context, host: str, namespace: str) -> list[Pods]:
    """The Pods behind the Service that a host of a DestinationRule names."""
    name, _, rest = host.partition(".")
    space = rest.partition(".")[0] or namespace
    if rest and rest not in (space, f"{space}.svc", f"{space}.svc.cluster.local"):
        return []
    links = chain(context)
    service = links.find("Service", space, name, "")
    chosen = as_dict(service.get("spec", "selector")) if service is not None else {}
    return links.selected(space, chosen) if chosen else []


def predictor_pods(context: Context, host: str, namespace: str) -> list[Pods]:
    """The Pods behind the Service that KServe makes of an InferenceService without Knative."""
    name, _, space = full_host(host, namespace).removesuffix(".svc.cluster.local").partition(".")
    return [
        Pods(ApiObject(pod.resource, pod.resource.data), pod.labels, pod.spec)
        for pod in network(context).pods_in.get(space, ())
        if pod.name == name
        and pod.role in PARTS
        and pod.resource is not None
        and pod.labels.get("app", "").startswith("isvc.")
    ]


def rules_for(context: Context) -> Iterator[tuple[Resource, str, list[Pods]]]:
    """The DestinationRules of the input: rule, TLS mode, and the Pods of its host."""
    for rule in context.bundle.of_kind("DestinationRule", NETWORKING):
        mode = text(rule.get("spec", "trafficPolicy", "tls", "mode"))
        host = text(rule.get("spec", "host"))
        if mode and host and "*" not in host:
            pods = host_pods(context, host, rule.namespace)
            yield rule, mode, pods or predictor_pods(context, host, rule.namespace)


def full_host(host: str, namespace: str) -> str:
    """The host as Istio completes it: short names are of the rule's namespace."""
    if "." not in host:
        return f"{host}.{namespace}.svc.cluster.local"
    parts = host.split(".")
    if len(parts) == 2 or (len(parts) == 3 and parts[2] == "svc"):
        return f"{parts[0]}.{parts[1]}.svc.cluster.local"
    return host
