"""A group of Pods of which only the leader gets the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.checks.serving.provided import provided
from stackgen.facts.folders import is_below
from stackgen.facts.shape import as_dict, maps, named, text
from stackgen.findings.model import Place, Violations, violation

_LEADER = ("spec", "leaderWorkerTemplate", "leaderTemplate", "spec")
_WORKER = ("spec", "leaderWorkerTemplate", "workerTemplate", "spec")


def check(context: Context) -> Violations:
    """One finding for each group whose leader loads a model that another container downloads."""
    for run in engine_runs(context):
        kind, group = run.resource.kind, run.resource.group
        if (kind, group) != ("LeaderWorkerSet", "leaderworkerset.x-k8s.io"):
            continue
        if run.path[: len(_LEADER)] != _LEADER or provided(context).composed(run.resource):
            continue
        leader, worker = (as_dict(run.resource.get(*path)) for path in (_LEADER, _WORKER))
        folder = _folder(run)
        if not folder or not worker or not _filled(leader, run.container, folder):
            continue
        lacks = [c for _, c in maps(worker.get("containers")) if _is_engine(c, run)]
        why = _lack(worker, lacks[0], folder) if lacks else ""
        if why:
            yield violation(
                f"the leader downloads the model to {folder}, and {why} of the workers",
                Place(run.resource, (*_WORKER, "containers"), key=True),
                run.place("name", key=True),
            )


def _folder(run: EngineRun) -> str:
    given = run.line.model.value if run.line.model is not None else None
    found = given or run.line.text("model") or run.line.text("model-path") or ""
    return found if found.startswith("/") and "$" not in found else ""


def _is_engine(container: Mapping[str, Any], run: EngineRun) -> bool:
    """A worker is started from the image of the leader, by the engine or by Ray."""
    return text(container.get("image")) == text(run.container.get("image"))


def _filled(pod: Mapping[str, Any], container: Mapping[str, Any], folder: str) -> bool:
    """Whether the folder is in an emptyDir into which an init container of the Pod writes."""
    volume = _volume(pod, container, folder)
    return volume is not None and any(_mounts(one, volume) for _, one in _inits(pod))


def _lack(pod: Mapping[str, Any], container: Mapping[str, Any], folder: str) -> str:
    """Why the Pod has no model in the folder; empty if it may have one."""
    mounts = [text(m.get("mountPath")) for _, m in maps(container.get("volumeMounts"))]
    if not any(mount and is_below(folder, mount) for mount in mounts):
        return "no volume is mounted there in Pods"
    volume = _volume(pod, container, folder)
    others = [c for _, c in (*_inits(pod), *maps(pod.get("containers"))) if c is not container]
    if volume is not None and not any(_mounts(other, volume) for other in others):
        return f"nothing writes to the emptyDir {volume} in Pods"
    return ""


def _volume(pod: Mapping[str, Any], container: Mapping[str, Any], folder: str) -> str | None:
    """The emptyDir over the folder; None for another volume, or none."""
    over = [
        text(m.get("name"))
        for _, m in maps(container.get("volumeMounts"))
        if m.get("mountPath") and is_below(folder, text(m["mountPath"]))
    ]
    found = named(pod.get("volumes"), over[-1]) if over else None
    return over[-1] if found is not None and isinstance(found[1].get("emptyDir"), dict) else None


def _inits(pod: Mapping[str, Any]) -> list[tuple[Any, dict[str, Any]]]:
    return list(maps(pod.get("initContainers")))


def _mounts(container: Mapping[str, Any], volume: str) -> bool:
    return any(text(m.get("name")) == volume for _, m in maps(container.get("volumeMounts")))
