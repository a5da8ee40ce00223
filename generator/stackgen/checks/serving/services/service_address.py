"""A container with the address of a Service or port that does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.network.view import view as network
from stackgen.checks.serving.chain import ApiObject, Chain, chain
from stackgen.checks.serving.engines.model_routers import routers, stores
from stackgen.checks.serving.forwards import unknown_ports
from stackgen.checks.serving.isvc_services import predictor_services
from stackgen.checks.serving.kserve.predictor_flows import services_of
from stackgen.checks.serving.monitoring.prometheus_addresses import wrong_addresses
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.checks.serving.provided import Provided, provided
from stackgen.checks.serving.services.chart_addresses import wrong_services
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.config_values import addresses_of_config, config_values, without_comments
from stackgen.facts.generated_config import generated_texts
from stackgen.facts.queries import triggers_of
from stackgen.facts.service_addresses import (
    ServiceAddress,
    addresses_in,
    addresses_of,
    host_ports,
)
from stackgen.facts.shape import as_dict, as_list, maps, text, texts
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

# Services of products that clusters often have several times.
_COMMON = {
    "grafana", "kafka", "loki", "minio", "mysql", "nats", "otel-collector", "postgres",
    "postgresql", "prometheus", "rabbitmq", "redis", "tempo", "vault",
}  # fmt: skip
_SECURE = (443, 8443)  # of a proxy that Open Data Hub adds
# A host without a dot is in the namespace of the Pod.
_STORE = regex(
    r"(?P<name>[a-z][a-z0-9-]*)(?:\.(?P<namespace>[a-z0-9-]+)\.svc(?:\.cluster\.local)?)?"
)
# Services of KubeRay, Strimzi, Flagger and KServe.
_MADE = regex(r"-(?:serve-svc|head-svc|kafka-bootstrap|kafka-brokers|primary|canary|predictor)\Z")


def check(context: Context) -> Violations:
    """One finding for each address."""
    links, known = chain(context), provided(context)
    predictors = {(one.by.namespace, one.by.name): one.name for one in predictor_services(context)}
    services = services_of(network(context).world.pods)
    for pod, addresses in _addresses(context):
        told: set[tuple[str, str, int]] = set()
        for one in addresses:
            key = (one.name, one.namespace, one.port)
            if key not in told:
                told.add(key)
                made = predictors.get((one.namespace or pod.namespace, one.name))
                if made and not links.named("Service", one.namespace or pod.namespace, one.name):
                    yield violation(
                        f"KServe makes no Service {one.name} of the InferenceService in the mode "
                        f"without Knative; its Service is {made}",
                        pod.place(*one.path),
                    )
                elif made_of := services.get((one.namespace or pod.namespace, one.name)):
                    yield from _of_predictor(made_of, pod, one)
                else:
                    yield from _violations(links, known, pod, one)

    yield from wrong_addresses(context, links)
    yield from wrong_services(context, links)
    yield from _of_collectors(context, links)
    yield from _of_values(context, links)
    yield from unknown_ports(context, links)


def _of_predictor(service: ApiObject, pod: PodSpec, one: ServiceAddress) -> Violations:
    """A port that the Service of an InferenceService does not have, with TLS or without."""
    known = [entry.get("port") for _, entry in maps(service.get("spec", "ports"))]
    containers = list(maps(service.resource.get("spec", "predictor", "containers")))
    several = any(len(as_list(one.get("ports"))) > 1 for _, one in containers)
    if one.given and not several and one.port not in (*known, *_SECURE):
        yield violation(
            f"Service {service.name}, which KServe makes of InferenceService "
            f"{service.resource.name}, has no port {one.port}; it has {known[0]}",
            pod.place(*one.path),
        )


def _of_collectors(context: Context, links: Chain) -> Violations:
    """The name of a collector, whose operator makes a Service with another name."""
    made = {
        (one.namespace, one.name)
        for one in context.bundle.of_kind("OpenTelemetryCollector", "opentelemetry.io")
        if one.get("spec", "mode") != "sidecar"
    }
    for pod, addresses in _addresses(context) if made else ():
        for one in addresses:
            space = one.namespace or pod.namespace
            if (space, one.name) in made and not links.named("Service", space, one.name):
                yield violation(
                    f"the operator of OpenTelemetry makes no Service {one.name} of "
                    f"OpenTelemetryCollector {one.name}; its Service is {one.name}-collector",
                    pod.place(*one.path),
                    severity=Severity.WARNING,
                )


def _of_values(context: Context, links: Chain) -> Violations:
    """Ports in the values of charts that a Service of the input does not have."""
    for values in chart_values(context.bundle):
        for path, written in texts(values.values):
            for one in addresses_in(written, path) if ".svc" in written else ():
                if not (one.certain and one.given and one.namespace):
                    continue
                services = links.named("Service", one.namespace, one.name)
                ports = [list(maps(x.get("spec", "ports"))) for x in services]
                numbers = [entry.get("port") for each in ports for _, entry in each]
                headless = any(x.get("spec", "clusterIP") == "None" for x in services)
                if all(ports) and numbers and one.port not in numbers and not headless:
                    yield violation(
                        f"Service {one.name} has no port {one.port}; it has "
                        f"{', '.join(map(str, numbers))}",
                        values.place(path),
                        severity=Severity.WARNING,
                    )


def _addresses(context: Context) -> Iterator[tuple[PodSpec, Iterable[ServiceAddress]]]:
    """Those of each Pod, and those with the domain of Services in the files of a ConfigMap."""
    for pod in pod_specs(context):
        yield pod, (*addresses_of(pod.spec), *host_ports(pod.spec))
        for path, container in pod.containers():
            if container.get("envFrom"):
                values = config_values(context.bundle, container).values()
                where: Path = (*path, "envFrom")
                there = [one for value in values for one in addresses_in(value, where)]
                yield pod, [one for one in there if not one.certain]
    for config in context.bundle.of_kind("ConfigMap", ""):
        yield PodSpec(config, (), {}), list(addresses_of_config(config))
    yield from _stores(context)
    yield from _of_readers(context)
    for index, _, path, _, value in generated_texts(context.bundle):
        if ".svc" in value:
            found = addresses_in(without_comments(value), path)
            # Without a namespace, it is that of the Pods that read the ConfigMap.
            named = [one for one in found if one.certain and one.namespace]
            yield PodSpec(index, (), {}), named


def _of_readers(context: Context) -> Iterator[tuple[PodSpec, list[ServiceAddress]]]:
    """The servers that KEDA asks, and the addresses of data sources in values of charts."""
    for resource in context.bundle.objects:
        for path, _ in triggers_of(resource):
            where = (*path, "metadata", "serverAddress")
            found = addresses_in(text(resource.get(*where)), where)
            yield PodSpec(resource, (), {}), [one for one in found if one.namespace]
    for values in chart_values(context.bundle):
        for where, written in texts(values.values) if not values.inside else ():
            if where[-1] == "url" and ".svc" in written:
                found = addresses_in(written, where)
                named = [one for one in found if one.certain and one.namespace]
                yield PodSpec(values.holder, values.base, {}), named


def _stores(context: Context) -> Iterator[tuple[PodSpec, list[ServiceAddress]]]:
    """The hosts of Redis in the settings of LiteLLM."""
    for router in routers(context):
        found = [(_STORE.fullmatch(host), port) for host, port in stores(router.settings)]
        addresses = [
            ServiceAddress(host["name"], space, port, True, bool(port), router.path)
            for host, port in found
            if host is not None and host["name"] != "localhost"
            for space in (host["namespace"] or router.namespace,)
            if space is not None
        ]
        yield PodSpec(router.by, (), {}), addresses


def _violations(links: Chain, known: Provided, pod: PodSpec, one: ServiceAddress) -> Violations:
    space = one.namespace or pod.namespace
    services = links.nearest("Service", space, one.name, pod.resource, "")
    if not services:
        there = known.has("Service", space, one.name)
        if not one.given and not there and _of_this_namespace(pod, one):
            yield from _beside(links, pod, one)
        certain = one.certain or (_of_this_namespace(pod, one) and not _of_operator(links, one))
        if certain and not there:
            found = list(_no_service(known, pod, one, space))
            yield from found or _elsewhere(links, pod, one)
        return
    ports = [entry for _, entry in maps(services[0].get("spec", "ports"))]
    numbers = [entry.get("port") for entry in ports]
    if services[0].get("spec", "clusterIP") == "None" and len(services) == 1:
        yield from _headless(links, services[0], ports, pod, one)
        return
    if len(services) > 1 or not numbers or not one.whole or one.port in numbers:
        return
    offered = ", ".join(map(str, numbers))
    standard = "" if one.given else ", which an address without a port means"
    yield violation(
        f"Service {one.name} has no port {one.port}{standard}; it has {offered}",
        pod.place(*one.path),
        services[0].place("spec", "ports", key=True, note="its ports"),
        severity=Severity.WARNING if known.composed(pod.resource) else None,
    )


def _of_this_namespace(pod: PodSpec, one: ServiceAddress) -> bool:
    """Whether a name without a dot, before a port, can only be a Service beside the Pod."""
    aliases = {
        text(name)
        for _, alias in maps(pod.spec.get("hostAliases"))
        for name in as_list(alias.get("hostnames"))
    }
    own = {text(container.get("name")) for _, container in pod.containers()}
    short = one.whole and not one.namespace and bool(pod.namespace) and "env" in one.path
    return short and one.name not in {"localhost", *_COMMON, *aliases, *own}


def _of_operator(links: Chain, one: ServiceAddress) -> bool:
    """Whether an operator may make the Service of an object that has this name or begins it."""
    begins = (f"{x.name}-" for x in links.objects if x.name and x.group and "." in x.group)
    same = any(x.name == one.name for x in links.objects)
    return same or bool(_MADE.search(one.name)) or any(map(one.name.startswith, begins))


def _headless(
    links: Chain, service: ApiObject, ports: list[dict[str, Any]], pod: PodSpec, one: ServiceAddress
) -> Violations:
    """The name of a headless Service resolves to its Pods, which have the target ports."""
    for entry in ports:
        target = entry.get("targetPort", one.port)
        moved = entry.get("port") == one.port and isinstance(target, int) and target != one.port
        if moved and all(other.get("targetPort") != one.port for other in ports):
            yield violation(
                f"Service {one.name} is headless, so port {one.port} is that of its Pods, "
                f"which listen on {target}",
                pod.place(*one.path),
                service.place("spec", "clusterIP", note="headless"),
            )
            return
    chosen = as_dict(service.get("spec", "selector"))
    behind = links.selected(service.namespace, chosen) if chosen else []
    declared = {number for pods in behind for _, number in pods.ports() if number is not None}
    known = {entry.get(field) for entry in ports for field in ("port", "targetPort")}
    if one.given and one.certain and declared and one.port not in declared | known:
        yield violation(
            f"Service {one.name} is headless, so port {one.port} is that of its Pods, "
            f"which have {', '.join(map(str, sorted(declared)))}",
            pod.place(*one.path),
            service.place("spec", "clusterIP", note="headless"),
            severity=Severity.WARNING,
            confidence="medium",
        )


def _beside(links: Chain, pod: PodSpec, one: ServiceAddress) -> Violations:
    """A name without a namespace, of a Service in the only other namespace that has one."""
    services = [x for x in links.of("Service", "") if x.name == one.name]
    spaces = sorted({x.namespace for x in services})
    if len(spaces) == 1 and spaces[0] and spaces[0] != pod.namespace:
        yield violation(
            f"Service {one.name} is in namespace {spaces[0]}, and an address without a namespace "
            f"is in namespace {pod.namespace}",
            pod.place(*one.path),
            severity=Severity.WARNING,
            confidence="medium",
        )


def _elsewhere(links: Chain, pod: PodSpec, one: ServiceAddress) -> Violations:
    """A namespace of which the input has nothing, and a Service of this name in another one."""
    services = [x for x in links.of("Service", "") if x.name == one.name and x.namespace]
    spaces = sorted({x.namespace for x in services})
    seen = {x.name if x.kind == "Namespace" else x.namespace for x in links.objects}
    if one.namespace and spaces and one.namespace not in seen and one.name not in _COMMON:
        yield violation(
            f"the input has nothing in namespace {one.namespace}; Service {one.name} is in "
            f"namespace {', '.join(spaces)}",
            pod.place(*one.path),
            severity=Severity.WARNING,
            confidence="medium",
        )


def _no_service(known: Provided, pod: PodSpec, one: ServiceAddress, space: str) -> Violations:
    found = known.missing("Service", space, one.name, pod.resource)
    if found is not None:
        severity, hint = found
        hint = hint or did_you_mean(one.name, sorted(known.names("Service", space)))
        yield violation(
            f"nothing in the input provides Service {one.name} in namespace "
            f"{space or 'default'}{hint}",
            pod.place(*one.path),
            severity=severity,
            confidence="medium",
        )
