"""Placeholder Pods that do not make room for servers, because of their priority."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.checks.serving.scaling.priority_preempted import same_nodes, servers
from stackgen.facts.quantity import whole
from stackgen.facts.shape import maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_PAUSE = regex(r"(?:\A|/)pause(?:-amd64)?[:@]")
_CUTOFF = -10  # the cluster autoscaler adds no nodes for Pods below it


def check(context: Context) -> Violations:
    """One finding for each workload of the image `pause`."""
    classes = {x.name: x for x in context.bundle.of_kind("PriorityClass", "scheduling.k8s.io")}
    if any(whole(one.get("value")) is None for one in classes.values()):
        return
    usual = [one for one in classes.values() if one.get("globalDefault") is True]
    if len(usual) > 1:
        return
    for pod in pod_specs(context):
        if not _is_placeholder(pod):
            continue
        own = _value(pod, classes, usual)
        place = pod.place("priorityClassName") if pod.spec.get("priorityClassName") else None
        place = place or pod.place(key=True)
        who = f"{pod.resource.kind} {pod.resource.name}"
        if own is not None and own < _CUTOFF:
            yield violation(
                f"the placeholders of {who} have the priority {own}, and the cluster autoscaler "
                f"adds no node for Pods below {_CUTOFF}",
                place,
                *_of_class(pod, classes),
            )
            continue
        for server in servers(context) if own is not None else ():
            other = _value(server, classes, usual)
            if other is not None and own is not None and own >= other and same_nodes(
                server.spec, pod.spec
            ):  # fmt: skip
                yield violation(
                    f"the placeholders of {who} have the priority {own}, and "
                    f"{server.resource.kind} {server.resource.name} has {other}, so that it never "
                    "evicts them",
                    place,
                    *_of_class(pod, classes),
                )
                break


def _is_placeholder(pod: PodSpec) -> bool:
    images = [text(one.get("image")) for _, one in maps(pod.spec.get("containers"))]
    return len(images) == 1 and bool(_PAUSE.search(images[0])) and pod.resource.kind != "DaemonSet"


def _value(pod: PodSpec, classes: dict[str, Resource], usual: list[Resource]) -> int | None:
    """The priority of Pods; None where it is not known."""
    name = text(pod.spec.get("priorityClassName"))
    one = classes.get(name) if name else next(iter(usual), None)
    if name and (one is None or not plain(name)):
        return None
    return whole(one.get("value")) if one is not None else 0


def _of_class(pod: PodSpec, classes: dict[str, Resource]) -> list[Place]:
    one = classes.get(text(pod.spec.get("priorityClassName")))
    return [Place(one, ("value",))] if one is not None else []
