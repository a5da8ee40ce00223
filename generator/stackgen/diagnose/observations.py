"""What the objects of a support bundle show: events, conditions, states of containers.

The objects are those of `kubectl get ... -o yaml` or `-o json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.resource import Resource
from stackgen.record import record

_DEPTH = 8  # levels of a status that are searched for conditions


@record
class Observation:
    """One thing that the cluster shows. file: of the bundle. line: 0 for an object, which kind and
    name identify.

    type: of a condition; `waiting` or `terminated` for a container. status: of a condition; the
    exit code of a container.
    """

    source: str
    kind: str
    name: str
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    file: str = ""
    line: int = 0

    @property
    def container(self) -> str:
        """The name of the container, for a state of one."""
        return self.name.rpartition("/")[2] if self.source == "container" else ""


def of_object(resource: Resource) -> Iterator[Observation]:
    """What an object shows by its status, or as an event."""
    if resource.kind == "Event":
        yield _event(resource)
        return
    here = (resource.kind, resource.name)
    for condition in _conditions(resource.get("status"), 0):
        yield Observation(
            "condition", *here, text(condition.get("type")), text(condition.get("status")),
            text(condition.get("reason")), text(condition.get("message")), resource.file,
        )  # fmt: skip
    if resource.kind == "Pod" and resource.get("status", "reason"):
        phase, why = text(resource.get("status", "phase")), text(resource.get("status", "reason"))
        said = text(resource.get("status", "message"))
        yield Observation("condition", *here, "phase", phase, why, said, resource.file)
    sync = as_dict(resource.get("status", "operationState"))  # of an Application of Argo CD
    if sync:
        yield Observation(
            "condition", *here, "operationState", text(sync.get("phase")),
            message=text(sync.get("message")), file=resource.file,
        )  # fmt: skip
    for field in ("initContainerStatuses", "containerStatuses"):
        for _, container in maps(resource.get("status", field)):
            for state in ("state", "lastState"):
                yield from _container(resource, container, as_dict(container.get(state)))
    waits = resource.get("status", "loadBalancer", "ingress")
    if resource.kind == "Service" and resource.get("spec", "type") == "LoadBalancer" and not waits:
        yield Observation("service", *here, reason="ExternalIPPending", file=resource.file)


def _event(resource: Resource) -> Observation:
    about = as_dict(resource.data.get("involvedObject") or resource.data.get("regarding"))
    return Observation(
        "event", text(about.get("kind")), text(about.get("name")),
        text(resource.data.get("type")), "", text(resource.data.get("reason")),
        text(resource.data.get("message")) or text(resource.data.get("note")),
        resource.file,
    )  # fmt: skip


def _conditions(data: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Each condition in a status: also of listeners, of parents and of other parts."""
    if depth > _DEPTH:
        return
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "conditions":
                yield from (condition for _, condition in maps(value))
            else:
                yield from _conditions(value, depth + 1)
    elif isinstance(data, list):
        for item in data:
            yield from _conditions(item, depth + 1)


def _container(
    resource: Resource, container: dict[str, Any], states: dict[str, Any]
) -> Iterator[Observation]:
    for state in ("waiting", "terminated"):
        found = states.get(state)
        if isinstance(found, dict):
            code = found.get("exitCode")
            yield Observation(
                "container", resource.kind, f"{resource.name}/{text(container.get('name'))}",
                state, "" if code is None else str(code), text(found.get("reason")),
                text(found.get("message")), resource.file,
            )  # fmt: skip
