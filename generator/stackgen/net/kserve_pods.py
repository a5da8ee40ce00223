"""The pods of KServe's services: of the objects that its controller is predicted to make."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.model import Pod
from stackgen.net.templates import pod_of_template
from stackgen.platforms.kserve.configs import configs_of
from stackgen.platforms.kserve.expand import expand
from stackgen.platforms.kserve.names import COMPONENT, KSERVE_COMPONENT, SCHEDULER_COMPONENT
from stackgen.platforms.kserve.release import Controller, meant


def predictor(
    bundle: Bundle, controller: Controller | None = None, catalog: Catalog | None = None
) -> Callable[[Resource], Iterator[Pod]]:
    """Tells the pods of a service of the bundle: servers, prefill servers, and endpoint picker.

    Roles: `model`, `model-worker` (further hosts of a group), `model-prefill`,
    `model-prefill-worker`, `scheduler`; the owner is the service.
    """
    configs = configs_of(bundle)
    known = [controller] if controller is not None else []

    def pods(service: Resource) -> Iterator[Pod]:
        if not known:  # a bundle without services needs no row of the catalogue
            kinds = [(r.group, r.version, r.kind) for r in bundle.objects]
            known.append(meant(catalog or Catalog(), "", kinds)[0])
        for data in expand(service.data, known[0], configs).objects:
            for name, template in _templates(data):
                pod = pod_of_template(service, template, name, data["kind"])
                yield dataclasses.replace(pod, role=_role(pod), owner=service.name)

    return pods


def _templates(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod templates of an object, each with the name of its pods."""
    name, spec = data["metadata"]["name"], data.get("spec", {})
    if data["kind"] == "Deployment":
        yield name, spec["template"]
    elif data["kind"] == "LeaderWorkerSet":
        group = spec["leaderWorkerTemplate"]
        leader = group.get("leaderTemplate")
        if leader is not None:
            yield name, leader
        # Without a leader's template the workers serve, and are labelled so.
        yield name if leader is None else f"{name}-worker", group["workerTemplate"]


def _role(pod: Pod) -> str:
    component = pod.labels.get(COMPONENT, "")
    if component == SCHEDULER_COMPONENT:
        return "scheduler"
    role = "model-prefill" if component.endswith("-prefill") else "model"
    return role if KSERVE_COMPONENT in pod.labels else f"{role}-worker"
