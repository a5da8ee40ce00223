"""A folder that a container needs to write to, and cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, downloads, engine_runs
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.escape import visible
from stackgen.facts.folders import Folder, folders, is_below, is_open, root_only
from stackgen.facts.shape import as_dict, at, maps, number, text
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.record import record

# Volumes whose files come from elsewhere and are not written.
_READ_ONLY = ("configMap", "secret", "projected", "downwardAPI", "image")


@record
class _User:
    """Whom a container runs as. user: None when it is not said. read_only: its root is."""

    user: int | None
    read_only: bool

    @property
    def other(self) -> bool:
        """Another user than root."""
        return self.user is not None and self.user != 0


def check(context: Context) -> Violations:
    """Caches of engines, then volumes that belong to root."""
    runs = {(id(run.resource), run.path): run for run in engine_runs(context)}
    for pod in pod_specs(context):
        for path, container in pod.containers():
            user = _user(pod, container)
            run = runs.get((id(pod.resource), (*pod.path, *path)))
            if run is not None and pod.resource.kind != "LLMInferenceService":
                yield from _caches(pod, path, run, user)
            if user.other:
                yield from _volumes(pod, path, container, user)


def _user(pod: PodSpec, container: Mapping[str, Any]) -> _User:
    own, common = (
        as_dict(container.get("securityContext")),
        as_dict(pod.spec.get("securityContext")),
    )
    user = number(own.get("runAsUser", common.get("runAsUser")))
    return _User(user, own.get("readOnlyRootFilesystem") is True)


def _caches(pod: PodSpec, path: Path, run: EngineRun, user: _User) -> Violations:
    """One finding for the folders of an engine that lie on the image or on a read-only volume."""
    if not run.line.complete or run.open_env:
        return
    env = {**run.config, **{name: value for _, name, value in run.variables()}}
    shut = [
        (folder, where, _mount(run.container, where))
        for folder in folders(run.running.engine.name, run.image)
        if _applies(folder, run, env)
        and (where := folder.at(env, _home(run, user))) is not None
        and not _writable(pod, run, user, where)
    ]
    if not shut:
        return
    mounted = all(mount is not None for _, _, mount in shut)
    why = "its root file system is read-only" if user.read_only else f"user {user.user}"
    why = "the volume is mounted read-only" if mounted else why
    what = ", ".join(f"{where} ({folder.program})" for folder, where, _ in shut)
    name = visible(text(run.container.get("name")))
    yield violation(
        f"container {name} cannot write to {what}: {why}",
        pod.place(*path),
        # A cache that is complete may be read without being written.
        severity=Severity.WARNING if mounted else None,
    )


def _home(run: EngineRun, user: _User) -> str | None:
    """The home of the user; None when the image may have one that is not known."""
    if not root_only(run.image):
        return None
    return "/" if user.other else "/root"


def _writable(pod: PodSpec, run: EngineRun, user: _User, where: str) -> bool:
    mount = _mount(run.container, where)
    if mount is None:
        if user.read_only:
            return is_open(where, read_only=True)
        return not (user.other and root_only(run.image)) or is_open(where, read_only=False)
    volume = _volume(pod, mount) or {}
    return mount.get("readOnly") is not True and not any(kind in volume for kind in _READ_ONLY)


def _applies(folder: Folder, run: EngineRun, env: Mapping[str, str | None]) -> bool:
    if folder.when == "download":
        return downloads(run, env)
    return folder.when == "always" or "enforce-eager" not in run.line.flags


def _volumes(pod: PodSpec, path: Path, container: Mapping[str, Any], user: _User) -> Violations:
    """Folders that the kubelet makes for root, mounted by another user who is to write there."""
    for i, mount in maps(container.get("volumeMounts")):
        volume = _volume(pod, mount)
        host = as_dict(volume.get("hostPath")) if volume is not None else {}
        if host.get("type") != "DirectoryOrCreate" or mount.get("readOnly") is True:
            continue
        if _prepared(pod, text(mount.get("name"))):
            continue
        yield violation(
            f"the kubelet creates {visible(text(host.get('path')))} for root; container "
            f"{visible(text(container.get('name')))} runs as user {user.user}",
            pod.place(*path, "volumeMounts", i),
            severity=Severity.WARNING,
            confidence="medium",
        )


def _prepared(pod: PodSpec, volume: str) -> bool:
    """An init container mounts the volume too, and may change its owner."""
    return any(
        mount.get("name") == volume
        for _, one in maps(pod.spec.get("initContainers"))
        for _, mount in maps(one.get("volumeMounts"))
    )


def _mount(container: Mapping[str, Any], folder: str) -> dict[str, Any] | None:
    found = [m for _, m in maps(container.get("volumeMounts"))]
    over = [m for m in found if is_below(folder, text(m.get("mountPath")) or "//")]
    return max(over, key=lambda m: len(text(m.get("mountPath")).rstrip("/")), default=None)


def _volume(pod: PodSpec, mount: Mapping[str, Any]) -> dict[str, Any] | None:
    every = at(pod.spec, "volumes")
    return next((v for _, v in maps(every) if v.get("name") == mount.get("name")), None)
