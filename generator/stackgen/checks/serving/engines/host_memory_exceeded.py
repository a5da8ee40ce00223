"""A cache in the memory of the host that is larger than the limit of its container."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.facts.quantity import GIB, number
from stackgen.facts.shape import as_dict, at, maps, named, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path

# GiB of each worker, by flag and by variable; the server has as many workers as it has devices.
_FLAGS = ("swap-space", "cpu-offload-gb")
_WHOLE = ("kv-offloading-size",)
_TRANSFER = "kv-transfer-config"
_VARIABLES = ("LMCACHE_MAX_LOCAL_CPU_SIZE", "VLLM_CPU_KVCACHE_SPACE")


def check(context: Context) -> Violations:
    """One finding for each setting, and for each volume, that alone exceeds the limit."""
    yield from _volumes(context)
    for run in engine_runs(context):
        amount = at(run.container, "resources", "limits", "memory")
        limit = number(amount) if amount is not None else None
        if limit is None:
            continue
        for what, size, path in _sizes(run):
            if size * GIB >= limit:
                yield violation(
                    f"{what} needs {size:.0f} GiB of memory; the container has {amount}",
                    Place(run.resource, path),
                    run.place("resources", "limits", "memory"),
                )


def _volumes(context: Context) -> Violations:
    """Volumes in memory that are larger than the limit of the container that fills them."""
    for pod in pod_specs(context):
        for path, container in pod.containers():
            amount = at(container, "resources", "limits", "memory")
            limit = number(amount) if amount is not None else None
            told: set[str] = set()
            for i, mount in maps(container.get("volumeMounts")) if limit else ():
                name = text(mount.get("name"))
                volume = named(pod.spec.get("volumes"), name)
                empty = as_dict(volume[1].get("emptyDir")) if volume is not None else {}
                size = number(empty.get("sizeLimit")) if empty.get("medium") == "Memory" else None
                if size is not None and limit is not None and size > limit and name not in told:
                    told.add(name)
                    yield violation(
                        f"{mount.get('mountPath')} is a volume in memory of {empty['sizeLimit']}; "
                        f"the container has {amount}",
                        pod.place(*path, "volumeMounts", i),
                        severity=Severity.WARNING,
                    )


def _sizes(run: EngineRun) -> Iterator[tuple[str, float, Path]]:
    """What is kept in memory, in GiB of all workers, and where that is said."""
    given = run.line.number("tensor-parallel-size", run.line.number("tp-size", 1))
    workers = given or 1
    for flag in (*_FLAGS, *_WHOLE):
        size = _number(run.line.text(flag))
        if size:
            share = workers if flag in _FLAGS else 1
            yield f"--{flag}", size * share, run.line.flags[flag].path
    yield from _offload(run)
    for i, name, value in run.variables():
        size = _number(value) if name in _VARIABLES else None
        if size:
            yield name, size * workers, (*run.path, "env", i, "value")


def _offload(run: EngineRun) -> Iterator[tuple[str, float, Path]]:
    """The KV cache in host memory: of a connector, or of a field from which a preset makes one."""
    text, field = run.line.text(_TRANSFER), ("spec", "kvCacheOffloading", "cpu")
    try:
        told = as_dict(json.loads(text.strip("'"))) if text else {}
    except (ValueError, RecursionError):
        told = {}
    size = number(as_dict(told.get("kv_connector_extra_config")).get("cpu_bytes_to_use"))
    if size:
        yield f"--{_TRANSFER}", size / GIB, run.line.flags[_TRANSFER].path
    amount = number(run.resource.get(*field)) if not run.container.get("command") else None
    if amount:
        yield "kvCacheOffloading", amount / GIB, field


def _number(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        return None
