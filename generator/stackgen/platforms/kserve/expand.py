"""Everything that the controller creates for one LLMInferenceService, predicted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.platforms.kserve import objects
from stackgen.platforms.kserve.names import Names, common, name_of
from stackgen.platforms.kserve.objects import obj
from stackgen.platforms.kserve.pools import pools
from stackgen.platforms.kserve.presets import Configs, Effective, effective
from stackgen.platforms.kserve.release import Controller
from stackgen.platforms.kserve.routes import route
from stackgen.platforms.kserve.scheduler import scheduler
from stackgen.platforms.kserve.tls import tls
from stackgen.record import record

STOPPED = "serving.kserve.io/stop"


@record
class Expanded:
    """What becomes of one service. objects: in order of application."""

    effective: Effective
    objects: tuple[dict[str, Any], ...]


def no_configs(namespace: str, name: str) -> Mapping[str, Any] | None:
    """For callers that know no LLMInferenceServiceConfig."""
    return None


def expand(
    service: Mapping[str, Any], controller: Controller, configs: Configs = no_configs
) -> Expanded:
    """The objects of the LLMInferenceService `service`, as `controller` makes them."""
    found = effective(service, controller, configs)
    return Expanded(found, tuple(_objects(dict(service), controller, found.spec)))


def _objects(
    service: dict[str, Any], controller: Controller, spec: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    namespace, name = name_of(service)
    if stopped(service):
        return
    yield from objects.accounts(namespace, name, spec)
    yield from tls(controller, namespace, name, spec)
    yield from objects.workloads(controller, service, spec)
    yield objects.workload_service(controller, namespace, name)
    yield from scheduler(controller, namespace, name, spec)
    yield from pools(controller, namespace, name, spec)
    made = route(spec, name)
    if made is not None:
        labels = common(name, "llminferenceservice-router")
        yield obj(
            "gateway.networking.k8s.io/v1", "HTTPRoute", namespace, Names(name).route, labels,
            {"spec": made},
        )  # fmt: skip


def stopped(service: Mapping[str, Any]) -> bool:
    """The annotation says that nothing of the service is to run."""
    meta = service.get("metadata")
    annotations = meta.get("annotations") if isinstance(meta, dict) else None
    return isinstance(annotations, dict) and annotations.get(STOPPED) == "true"
