"""Where each kind keeps its pod templates, and how many pods come of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stackgen.checks.tpu import kserve
from stackgen.checks.tpu.quantity import whole
from stackgen.checks.tpu.workloads import Container, Count, Workload
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_PLAIN = {
    ("", "Pod"), ("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
}  # fmt: skip
Presets = Callable[[bool], kserve.Probes]
_KSERVE = ("LLMInferenceService", "LLMInferenceServiceConfig")


def templates(resource: Resource, presets: Presets) -> Iterator[Workload]:
    """Every pod template of `resource`; none for kinds that have none."""
    kind = (resource.group, resource.kind)
    if kind in _PLAIN:
        yield from _plain(resource)
    elif kind in (("batch", "Job"), ("batch", "CronJob")):
        base: Path = ("spec", "jobTemplate", "spec") if kind[1] == "CronJob" else ("spec",)
        yield from _job(resource, base, "", 1)
    elif kind == ("jobset.x-k8s.io", "JobSet"):
        yield from _jobset(resource)
    elif kind == ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"):
        yield from _leader_worker(resource)
    elif kind[0] == "serving.kserve.io" and kind[1] in _KSERVE:
        yield from _kserve(resource, presets)


def _count(resource: Resource, *path: str, default: int | None = 1) -> Count:
    value = resource.get(*path)
    return Count(default if value is None else whole(value), path)


def _containers(
    resource: Resource, path: Path, spec: Any, preset: kserve.Probes | None = None
) -> tuple[Container, ...]:
    found = []
    for section in ("initContainers", "containers"):
        items = spec.get(section)
        for i, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                own = preset if section == "containers" and item.get("name") == "main" else None
                init = section == "initContainers"
                found.append(Container(resource, (*path, section, i), item, init, own))
    return tuple(found)


def _make(resource: Resource, path: Path, part: str, **more: Any) -> Iterator[Workload]:
    spec = resource.get(*path)
    if isinstance(spec, dict):
        containers = _containers(resource, path, spec)
        yield Workload(resource, path, spec, part, containers, template_path=path[:-1], **more)


def _plain(resource: Resource) -> Iterator[Workload]:
    one = Count(1, ())
    if resource.kind == "Pod":
        yield from _make(resource, ("spec",), "", replicas=one, size=one, serving=False)
        return
    unknown = resource.kind == "DaemonSet"
    replicas = _count(resource, "spec", "replicas", default=None if unknown else 1)
    yield from _make(resource, ("spec", "template", "spec"), "", replicas=replicas, size=one)


def _job(resource: Resource, base: Path, part: str, replicas: int | None) -> Iterator[Workload]:
    texts = tuple(str(p) if isinstance(p, str) else p for p in base)
    parallelism = resource.get(*texts, "parallelism")
    size = Count(1 if parallelism is None else whole(parallelism), (*base, "parallelism"))
    indexed = resource.get(*texts, "completionMode") == "Indexed"
    yield from _make(
        resource, (*base, "template", "spec"), part,
        replicas=Count(replicas, ()), size=size, grouped=indexed, serving=False,
    )  # fmt: skip


def _jobset(resource: Resource) -> Iterator[Workload]:
    jobs = resource.get("spec", "replicatedJobs")
    for i, job in enumerate(jobs if isinstance(jobs, list) else ()):
        if not isinstance(job, dict):
            continue
        base: Path = ("spec", "replicatedJobs", i)
        replicas = job.get("replicas")
        name = str(job.get("name", ""))
        count = 1 if replicas is None else whole(replicas)
        for workload in _job(resource, (*base, "template", "spec"), name, count):
            # JobSet makes its Jobs indexed and gives them host names.
            yield _with(workload, grouped=True, replicas=Count(count, (*base, "replicas")))


def _leader_worker(resource: Resource) -> Iterator[Workload]:
    base = ("spec", "leaderWorkerTemplate")
    shape = {
        "replicas": _count(resource, "spec", "replicas"),
        "size": _count(resource, *base, "size"),
        "grouped": True,
    }
    for part in ("leader", "worker"):
        yield from _make(resource, (*base, f"{part}Template", "spec"), part, **shape)


def _kserve(resource: Resource, presets: Presets) -> Iterator[Workload]:
    partial = resource.kind == "LLMInferenceServiceConfig" or bool(resource.get("spec", "baseRefs"))
    for base, part in ((("spec",), ""), (("spec", "prefill"), "prefill")):
        several = isinstance(resource.get(*base, "worker"), dict)
        size = _group_size(resource, base) if several else Count(1, ())
        scaled = resource.get(*base, "scaling") is not None
        replicas = _count(resource, *base, "replicas", default=None if partial or scaled else 1)
        for name in ("template", "worker"):
            path = (*base, name)
            spec = resource.get(*path)
            if not isinstance(spec, dict):
                continue
            preset = (
                None if several or partial else presets(resource.get("spec", "prefill") is not None)
            )
            which = "leader" if several and name == "template" else name if several else ""
            yield Workload(
                resource, path, spec, " ".join(p for p in (part, which) if p),
                _containers(resource, path, spec, preset), replicas, size,
                grouped=several, whole=not partial,
            )  # fmt: skip


def _group_size(resource: Resource, base: tuple[str, ...]) -> Count:
    """KServe: data / dataLocal, or else pipeline, is the number of pods in a group."""
    path = (*base, "parallelism")
    data, local = resource.get(*path, "data"), resource.get(*path, "dataLocal")
    if data is not None:
        size, per_pod = whole(data), 1 if local is None else whole(local)
        known = size is not None and per_pod and size % per_pod == 0
        return Count(size // per_pod if known and size and per_pod else None, (*path, "data"))
    pipeline = resource.get(*path, "pipeline")
    return Count(whole(pipeline) if pipeline is not None else None, (*path, "pipeline"))


def _with(workload: Workload, **changes: Any) -> Workload:
    import dataclasses

    return dataclasses.replace(workload, **changes)
