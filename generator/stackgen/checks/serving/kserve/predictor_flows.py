"""The Services of InferenceServices, and the Gateways that lead to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject
from stackgen.checks.serving.kserve.isvc_runtime import runtimes
from stackgen.checks.serving.kserve.kserve_ingress import kserve_ingresses
from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.resource import Resource
from stackgen.net.model import Pod
from stackgen.platforms.kserve.predictor_pods import MODE, WITHOUT_KNATIVE
from stackgen.platforms.kserve.serving_runtime import MODEL
from stackgen.platforms.model import PARTS
from stackgen.record import record

_PORT = 8080  # of a container that declares none
_SERVICE_PORT = 80
_VISIBILITY = ("networking.kserve.io/visibility", "networking.knative.dev/visibility")


@record
class Routed:
    """An InferenceService behind a Gateway. backend: the Service that requests reach first."""

    service: ApiObject
    gateway: Mapping[str, str]
    backend: ApiObject


def services_of(pods: tuple[Pod, ...]) -> dict[tuple[str, str], ApiObject]:
    """The Services that KServe makes without Knative, by namespace and name.

    Source: kserve/kserve v0.15 to v0.17, service_reconciler.go: port 80 for the first port of the
    first container; a headless Service takes requests on the port of the container itself.
    """
    found = {}
    for pod in pods:
        if pod.role not in PARTS or pod.resource is None or "app" not in pod.labels:
            continue
        port = _port(pod)
        if port is None or not _without_knative(pod.resource):
            continue
        ports = [{"port": one, "targetPort": port} for one in (_SERVICE_PORT, port)]
        data = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": pod.name, "namespace": pod.resource.namespace},
            "spec": {"selector": {"app": pod.labels["app"]}, "ports": ports},
        }
        found[pod.namespace, pod.name] = ApiObject(pod.resource, data)
    return found


def routed(context: Context, made: Mapping[tuple[str, str], ApiObject]) -> Iterator[Routed]:
    """The services for which the controller makes HTTPRoutes; none if settings differ."""
    gateways = {one.gateway for one in kserve_ingresses(context)}
    space, _, name = next(iter(gateways)).partition("/") if len(gateways) == 1 else ("", "", "")
    for service in context.bundle.of_kind("InferenceService", "serving.kserve.io"):
        labels = as_dict(service.metadata.get("labels"))
        if not name or any(labels.get(one) == "cluster-local" for one in _VISIBILITY):
            continue
        part = "transformer" if service.get("spec", "transformer") else "predictor"
        backend = made.get((service.namespace or "default", f"{service.name}-{part}"))
        if backend is not None:
            ref = {"namespace": space, "name": name}
            yield Routed(ApiObject(service, service.data), ref, backend)


def _without_knative(service: Resource) -> bool:
    return text(as_dict(service.metadata.get("annotations")).get(MODE)) in WITHOUT_KNATIVE


def _port(pod: Pod) -> int | None:
    """The first port of the first container; None if its ServingRuntime is not known.

    Those that KServe installs listen on 8080.
    """
    containers = [one for _, one in maps(pod.spec.get("containers"))]
    for _, port in maps(containers[0].get("ports")) if containers else ():
        number = port.get("containerPort")
        return number if isinstance(number, int) else None
    return _PORT if pod.ports_known or (pod.resource and _of_kserve(pod.resource)) else None


def _of_kserve(service: Resource) -> bool:
    """Whether KServe's own runtime takes the model: by its name, or by the format alone."""
    known, chosen = runtimes(), text(service.get(*MODEL, "runtime"))
    return (
        chosen in known["runtimes"]
        if chosen
        else text(service.get(*MODEL, "modelFormat", "name")) in known["formats"]
    )
