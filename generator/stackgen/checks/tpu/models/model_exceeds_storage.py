"""A volume that is smaller than the model which is downloaded into it."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import named_at
from stackgen.checks.tpu.view import View, view
from stackgen.facts.model_name import least_by
from stackgen.facts.pools import Pool
from stackgen.facts.quantity import GIB, number, whole
from stackgen.facts.shape import as_dict, text
from stackgen.facts.volumes import claims, mount_of, volume_named
from stackgen.facts.workloads import Container, Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.plan.nodes import GB, allocatable_disk
from stackgen.record import record
from stackgen.regex import regex

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
    if size is None:
        return
    volume = _volume(workload, server)
    capacity = _capacity(context, workload, server, volume)
    if capacity is None or capacity[0] >= size:
        capacity = _node_disk(context, workload, volume) or capacity
    if capacity is not None and capacity[0] < size:
        yield violation(
            f"{capacity[2]} has room for {capacity[0] / GIB:.0f} GiB; the model has at least "
            f"{size / GIB:.0f} GiB",
            capacity[1],
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


@record
class _Downloads:
    """The volume that holds the downloads, of no name if it is the container's own files.

    path: of its mount.
    """

    path: Path
    name: str
    volume: dict[str, Any] | None

    @property
    def on_node(self) -> bool:
        """Whether it is on the disk of the node."""
        empty = self.volume.get("emptyDir") if self.volume is not None else {}
        return isinstance(empty, dict) and empty.get("medium") != "Memory"


def _volume(workload: Workload, server: Container) -> _Downloads:
    folder = server.line.text("download-dir") or server.variable("HF_HUB_CACHE")
    folder = folder or server.variable("HF_HOME") or _HOME
    mount = mount_of(server, folder)
    name = text(mount[1].get("name")) if mount is not None else ""
    volume = volume_named(workload, name) if name else None
    return _Downloads(mount[0] if mount is not None else (), name, volume)


def _capacity(
    context: Context, workload: Workload, server: Container, downloads: _Downloads
) -> tuple[float, Place, str] | None:
    """Bytes, place and name of what holds the downloads; None if it has no known limit."""
    volume, mounted = downloads.volume, Place(workload.resource, downloads.path)
    if volume is not None:
        empty = volume.get("emptyDir")
        limit = number(as_dict(empty).get("sizeLimit")) if isinstance(empty, dict) else None
        if limit is not None:
            return limit, mounted, f"volume {downloads.name}"
        used: Any = as_dict(volume.get("persistentVolumeClaim")).get("claimName")
        used = downloads.name if "ephemeral" in volume else used
        for claim in claims(workload, context.bundle):
            asked = as_dict(as_dict(claim.data.get("resources")).get("requests")).get("storage")
            given = number(asked) if claim.name == used and asked is not None else None
            if given is not None:
                return given, mounted, f"claim {claim.name}"
        if not isinstance(empty, dict):
            return None
    path = (*server.path, "resources", "limits", "ephemeral-storage")
    found = workload.resource.get(*path)
    limit = number(found) if found is not None else None
    place = Place(workload.resource, path)
    return (limit, place, "ephemeral-storage") if limit is not None else None


def _node_disk(
    context: Context, workload: Workload, downloads: _Downloads
) -> tuple[float, Place, str] | None:
    """What the largest boot disk of the node pools for the Pods leaves to them, if it is known."""
    seen = view(context)
    if not downloads.on_node or (downloads.name and downloads.volume is None):
        return None
    if seen.may_add_pools(workload):
        return None
    tpu = bool(workload.tpu_containers)
    pools = seen.pools_for(workload) if tpu else seen.pools_near(workload, "gpu", workload.labels)
    facts, found = context.catalog.copy().gke("boot-disk").data, []
    for pool in pools:
        size = whole(pool.get(*_DISK))
        if not size or _SSD.match(pool.machine_type) or _has_ssd(pool):
            return None
        left = allocatable_disk(size * GB / GIB, facts) * GIB
        found.append((left, pool.place(*_DISK), f"the boot disk of node pool {pool.name}"))
    return max(found, key=_bytes_of, default=None)


def _bytes_of(one: tuple[float, Place, str]) -> float:
    return one[0]


def _has_ssd(pool: Pool) -> bool:
    """Whether the nodes keep the files of Pods on Local SSDs."""
    config = as_dict(pool.get("nodeConfig"))
    return any(key.lower().find("ssd") >= 0 for key in map(str, config))


_DISK = ("nodeConfig", "diskSizeGb")
# Machines that come with Local SSDs, which GKE uses for the files of Pods.
_SSD = regex(r"(?:a[34]x?|z3|a2-ultragpu|.*-lssd)")
