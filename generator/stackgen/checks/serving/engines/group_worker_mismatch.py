"""A LeaderWorkerSet whose leader and workers have different images, or count differently."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.engine_runs import engine_runs
from stackgen.digits import to_int
from stackgen.facts.image_reference import ImageReference, ImageReferenceError, image_reference
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_GROUP = ("spec", "leaderWorkerTemplate")
_LEADER: Path = (*_GROUP, "leaderTemplate", "spec", "containers")
_WORKER: Path = (*_GROUP, "workerTemplate", "spec", "containers")
_DEVICES = ("nvidia.com/gpu", "google.com/tpu")
_NODES = regex(r"--(?:ray_cluster_size|ray-cluster-size|nnodes)[= ]+(\d+)\b")


def check(context: Context) -> Violations:
    """One finding for each worker with another image, and each number of nodes."""
    engines = {(id(run.resource), run.path) for run in engine_runs(context)}
    for group in context.bundle.of_kind("LeaderWorkerSet", "leaderworkerset.x-k8s.io"):
        for i, leader in maps(group.get(*_LEADER)):
            if (id(group), (*_LEADER, i)) in engines:
                yield from _images(group, (*_LEADER, i), leader)
                yield from _devices(group, (*_LEADER, i), leader)
                yield from _selected(context, group, leader)
        for path in (_LEADER, _WORKER):
            for i, container in maps(group.get(*path)):
                yield from _nodes(group, (*path, i), container)


def _images(group: Resource, path: Path, leader: dict[str, Any]) -> Violations:
    mine = _reference(text(leader.get("image")))
    for i, worker in maps(group.get(*_WORKER)):
        theirs = _reference(text(worker.get("image")))
        if mine is None or theirs is None or mine.name != theirs.name:
            continue
        if mine.tag != theirs.tag:
            yield violation(
                f"the workers have the image {theirs.name}:{theirs.tag}, and their leader "
                f"{mine.name}:{mine.tag}",
                Place(group, (*_WORKER, i, "image")),
                Place(group, (*path, "image"), note="the leader"),
            )


def _devices(group: Resource, path: Path, leader: dict[str, Any]) -> Violations:
    """Workers with another number of devices than their leader, which is one of the group."""
    workers = list(maps(group.get(*_WORKER)))
    for name in _DEVICES:
        where = ("resources", "limits", name)
        mine = whole(at(leader, *where))
        theirs = whole(at(workers[0][1], *where)) if len(workers) == 1 else None
        if mine and theirs and mine != theirs:
            yield violation(
                f"the workers have {theirs} of {name}, and their leader has {mine}",
                Place(group, (*_WORKER, workers[0][0], *where)),
                Place(group, (*path, *where), note="the leader"),
                severity=Severity.WARNING,
            )


def _selected(context: Context, group: Resource, leader: dict[str, Any]) -> Violations:
    """A Service that also selects the workers, of which none listens on its port."""
    links = chain(context)
    ports = {p.get("containerPort"): text(p.get("name")) for _, p in maps(leader.get("ports"))}
    several = (whole(at(group.data, *_GROUP, "size")) or 1) > 1
    pods = [x for x in links.pods.get(group.namespace, ()) if x.owner.resource is group]
    workers = [x for x in pods if not list(x.ports())]
    for service in links.of("Service", "") if several and ports and workers else ():
        wanted = as_dict(service.get("spec", "selector"))
        targets = [
            p.get("targetPort", p.get("port")) for _, p in maps(service.get("spec", "ports"))
        ]
        listens = any(target in ports for target in targets)
        if (
            listens
            and service.namespace == group.namespace
            and service.get("spec", "clusterIP") != "None"
            and len(pods) > len(workers)
            and all(x in links.selected(group.namespace, wanted) for x in pods)
        ):
            yield violation(
                f"Service {service.name} also selects the workers of {group.name}, which do not "
                f"listen on its port",
                service.place("spec", "selector"),
                Place(group, (*_GROUP, "workerTemplate"), note="the workers"),
                severity=Severity.WARNING,
                remedy="Select the leader, such as by "
                '`leaderworkerset.sigs.k8s.io/worker-index: "0"`.',
            )


def _reference(image: str) -> ImageReference | None:
    """A reference with a tag; None if it has none, or is filled in later."""
    if not image or not plain(image):
        return None
    try:
        found = image_reference(image)
    except ImageReferenceError:
        return None
    return found if found.tag and not found.digest else None


def _nodes(group: Resource, path: Path, container: dict[str, Any]) -> Violations:
    size = whole(at(group.data, *_GROUP, "size"))
    for field in ("command", "args"):
        words = as_list(container.get(field))
        for i, word in enumerate(words):
            following = words[i + 1] if i + 1 < len(words) else ""
            found = _NODES.search(word if " " in text(word) else f"{word} {following}")
            count = to_int(found[1]) if found and isinstance(word, str) else None
            if size is not None and count is not None and count != size:
                yield violation(
                    f"the command counts {count} nodes, and a group has {size} Pods",
                    Place(group, (*path, field, i)),
                    Place(group, (*_GROUP, "size"), note="the size"),
                    severity=None if count > size else Severity.WARNING,
                )
                return
