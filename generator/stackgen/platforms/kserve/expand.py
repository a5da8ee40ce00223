"""Everything that the controller creates for one LLMInferenceService, predicted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any

from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.platforms.kserve.accounts import Accounts
from stackgen.platforms.kserve.extras import devices, with_devices
from stackgen.platforms.kserve.names import Names, common, name_of, obj
from stackgen.platforms.kserve.objects import workload_service, workloads
from stackgen.platforms.kserve.pools import pools
from stackgen.platforms.kserve.presets import Configs, Effective, effective
from stackgen.platforms.kserve.release import Controller, StopError
from stackgen.platforms.kserve.routes import route
from stackgen.platforms.kserve.scheduler import scheduler
from stackgen.platforms.kserve.storage import refused_adapter, refused_model
from stackgen.platforms.kserve.tls import certificate, destination_rules
from stackgen.record import record

STOPPED = "serving.kserve.io/stop"
Found = Callable[[str, str], dict[str, Any] | None]
"""(namespace, name) -> an object that is known."""
Pools = Callable[[str, str, str], dict[str, Any] | None]
"""(API group, namespace, name) -> an InferencePool that is known."""


@record
class Expanded:
    """What becomes of one service.

    objects: in order of application. failed: why some are missing.
    """

    effective: Effective
    objects: tuple[dict[str, Any], ...]
    failed: str = ""


def no_configs(namespace: str, name: str) -> Mapping[str, Any] | None:
    """For callers that know no LLMInferenceServiceConfig."""
    return None


def nothing(namespace: str, name: str) -> dict[str, Any] | None:
    """For callers that know no other object."""
    return None


def any_pool(group: str, namespace: str, name: str) -> dict[str, Any] | None:
    """For callers that know no pools: one is there, and names no picker."""
    return {}


def any_other(namespace: str, name: str) -> bool:
    """For callers that know no gateways: each is there."""
    return True


def any_route(namespace: str, name: str) -> dict[str, Any] | None:
    """For callers that know no routes: each is there, and names no gateway."""
    return {}


@record
class Known:
    """What else is in the cluster.

    gateways: whether there is one of this namespace and name. old_pools: whether the older
    InferencePool is defined. whole: nothing else is there, so that the controller stops where
    something is missing.
    """

    configs: Configs = field(default=no_configs)
    accounts: Found = field(default=nothing)
    secrets: Found = field(default=nothing)
    config_maps: Found = field(default=nothing)
    pools: Pools = field(default=any_pool)
    gateways: Callable[[str, str], bool] = field(default=any_other)
    routes: Found = field(default=any_route)
    old_pools: bool = True
    whole: bool = False


def expand(
    service: Mapping[str, Any],
    controller: Controller,
    known: Known | None = None,
    found: Effective | None = None,
) -> Expanded:
    """The objects of the LLMInferenceService `service`, as `controller` makes them.

    found: what the controller works with, where that is known.
    """
    known = known or Known()
    found = found or effective(service, controller, known.configs, known.config_maps, known.whole)
    made: list[dict[str, Any]] = []
    failed = found.failed or refused_adapter(controller, found.spec)
    if failed and known.whole:
        return Expanded(found, (), failed)
    try:
        for data in _objects(dict(service), controller, found.spec, known):
            made.append(data)
    except StopError as error:
        failed = str(error)
    return Expanded(found, tuple(made), failed)


def _objects(
    service: dict[str, Any], controller: Controller, spec: dict[str, Any], known: Known
) -> Iterator[dict[str, Any]]:
    """Workload, then router; an error ends both, and what was made before it stays."""
    namespace, name = name_of(service)
    if stopped(service):
        return
    spec = sound(spec)
    yield certificate(controller, namespace, name)
    reason = refused_model(controller, spec)
    if reason and known.whole:
        raise StopError(reason)
    with_devices(controller, service, _server_pods(spec))
    notes = as_dict(as_dict(service.get("metadata")).get("annotations"))
    accounts = Accounts(
        controller, namespace, name, spec, known.accounts, known.secrets, notes, known.whole
    )
    yield from devices(controller, service)
    yield from accounts.objects()
    yield from workloads(controller, service, spec, accounts)
    yield workload_service(controller, namespace, name, spec)
    routed = route(controller, spec, namespace, name)
    _references(controller, known, spec.get("router"), routed, namespace)
    yield from scheduler(controller, namespace, name, spec, accounts)
    yield from pools(controller, namespace, name, spec, old=known.old_pools)
    if routed is not None:
        labels = common(name, "llminferenceservice-router")
        yield obj(
            "gateway.networking.k8s.io/v1", "HTTPRoute", namespace, Names(name).route, labels,
            {"spec": routed},
        )  # fmt: skip
    yield from destination_rules(controller, namespace, name, spec, known.pools)


def _references(
    controller: Controller, known: Known, router: Any, routed: dict[str, Any] | None, namespace: str
) -> None:
    """Without its gateway or route the controller makes nothing of the router. Raises StopError."""
    router = as_dict(router)
    own: list[tuple[int, dict[str, Any]]] = []
    for ref in as_list(as_dict(as_dict(router.get("route")).get("http")).get("refs")):
        route_name = str(as_dict(ref).get("name"))
        given = known.routes(namespace, route_name)
        if given is None:
            raise StopError(f"no HTTPRoute {route_name}: neither scheduler nor pool are made")
        own += maps(as_dict(given.get("spec")).get("parentRefs"))
    parents = [p for _, p in (*own, *maps((routed or {}).get("parentRefs")))]
    refs = as_list(as_dict(router.get("gateway")).get("refs"))
    gateways = [{"namespace": "", **as_dict(r)} for r in refs]
    for parent in (*parents, *(() if parents else gateways)):
        if parent.get("kind", "Gateway") != "Gateway":
            continue
        place = (str(parent.get("namespace", namespace)), str(parent.get("name")))
        if place != controller.gateway and not (place[0] and known.gateways(*place)):
            where = "/".join(place)
            raise StopError(f"no Gateway {where}: neither scheduler, pool nor route are made")


def _server_pods(spec: dict[str, Any]) -> list[dict[str, Any]]:
    parts = (spec, as_dict(spec.get("prefill")))
    found = (part.get(which) for part in parts for which in ("template", "worker"))
    return [pod for pod in found if isinstance(pod, dict)]


# What the API has as lists of objects, as lists of texts, and as objects.
_OBJECTS = {
    "containers", "initContainers", "volumes", "env", "volumeMounts", "ports", "resourceClaims",
    "claims", "adapters", "secondary", "plugins", "schedulingProfiles", "rules", "matches",
    "headers", "parentRefs", "backendRefs", "refs", "targetPorts",
}  # fmt: skip
_TEXTS = {"args", "command"}
_OBJECT = {"resources", "requests", "limits", "parameters", "vllm", "indexerConfig"}


def sound(value: Any, key: str = "") -> Any:
    """A copy in which lists and objects that the prediction adds to are lists and objects."""
    if key in _OBJECTS:
        return [sound(item) for item in as_list(value) if isinstance(item, dict)]
    if key in _TEXTS:
        return list(as_list(value))
    if isinstance(value, dict):
        return {k: sound(v, str(k)) for k, v in value.items()}
    if key in _OBJECT:
        return {}
    return [sound(item) for item in value] if isinstance(value, list) else value


def stopped(service: Mapping[str, Any]) -> bool:
    """The annotation says that nothing of the service is to run."""
    meta = service.get("metadata")
    annotations = meta.get("annotations") if isinstance(meta, dict) else None
    return isinstance(annotations, dict) and annotations.get(STOPPED) == "true"
