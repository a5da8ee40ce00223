"""A volume that is smaller than the model which is downloaded into it."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import named_at
from stackgen.checks.tpu.view import View, view
from stackgen.facts.model_name import least_by
from stackgen.facts.quantity import GIB, number
from stackgen.facts.shape import as_dict
from stackgen.facts.volumes import claims, mount_of, volume_named
from stackgen.facts.workloads import Container, Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path

# Where Hugging Face's library keeps downloads unless a variable or a flag says otherwise.
_HOME = "/root/.cache/huggingface"


def check(context: Context) -> Violations:
    """One finding for each server that downloads a model whose size is known."""
    seen = view(context)
    for workload in seen.servers:
        server = workload.server
        if server is None or workload.service is not None or not workload.whole:
            continue
        yield from _too_small(context, workload, server, _bytes(seen, workload), named_at(workload))
    for workload in seen.workloads:
        for container in workload.containers:
            line = container.line
            flag = next((x for x in ("model-path", "model") if x in line.flags), "")
            if line.engine == "sglang" and flag and workload.whole:
                size = _of_name(seen, line.text(flag))
                yield from _too_small(context, workload, container, size, line.flags[flag].path)


def _too_small(
    context: Context, workload: Workload, server: Container, size: float | None, named: Path
) -> Violations:
    capacity = _capacity(context, workload, server) if size is not None else None
    if size is not None and capacity is not None and capacity[0] < size:
        yield violation(
            f"{capacity[2]} has room for {capacity[0] / GIB:.0f} GiB; the model has at least "
            f"{size / GIB:.0f} GiB",
            Place(workload.resource, capacity[1]),
            Place(workload.resource, named, note="is downloaded"),
        )


def _bytes(seen: View, workload: Workload) -> float | None:
    """The size of the files at the least; None for a path, and if nothing tells it."""
    model, server = seen.model(workload), workload.server
    if model is not None:
        return float(model.row.data["load_bytes"])
    return _of_name(seen, server.line.text("model") if server is not None else None)


def _of_name(seen: View, name: str | None) -> float | None:
    if not name or name.startswith("/") or name.count("/") != 1:
        return None
    known = seen.catalog.model(name)
    if known is not None and "load_bytes" in known.data:
        return float(known.data["load_bytes"])
    row = seen.catalog.sizing("model-name").data
    return least_by(row, name)


def _capacity(
    context: Context, workload: Workload, server: Container
) -> tuple[float, Path, str] | None:
    """Bytes, place and name of what holds the downloads; None if it has no known limit."""
    folder = server.line.text("download-dir") or server.variable("HF_HUB_CACHE")
    folder = folder or server.variable("HF_HOME") or _HOME
    mount = mount_of(server, folder)
    name = mount[1].get("name") if mount is not None else None
    volume = volume_named(workload, name) if name else None
    if volume is not None:
        empty = volume.get("emptyDir")
        limit = number(as_dict(empty).get("sizeLimit")) if isinstance(empty, dict) else None
        if limit is not None and mount is not None:
            return limit, mount[0], f"volume {name}"
        for claim in claims(workload, context.bundle):
            used: Any = as_dict(volume.get("persistentVolumeClaim")).get("claimName")
            asked = as_dict(as_dict(claim.data.get("resources")).get("requests")).get("storage")
            given = number(asked) if claim.name == used and asked is not None else None
            if given is not None and mount is not None:
                return given, mount[0], f"claim {claim.name}"
        if not isinstance(empty, dict):
            return None
    path = (*server.path, "resources", "limits", "ephemeral-storage")
    found = workload.resource.get(*path)
    limit = number(found) if found is not None else None
    return (limit, path, "ephemeral-storage") if limit is not None else None
