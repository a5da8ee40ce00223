"""One compilation cache for several hosts."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.engine_flags.xla_cache_ephemeral import NAME
from stackgen.checks.tpu.view import View, view
from stackgen.facts.volumes import claims, mount_of, volume_named
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Violations, violation

SHARED = ("gcsfuse.csi.storage.gke.io", "filestore.csi.storage.gke.io")


def check(context: Context) -> Violations:
    """One finding for each multi-host server with a cache on storage that is shared."""
    seen = view(context)
    for workload in seen.tpu_servers:
        server, hosts = workload.server, seen.target(workload).hosts or 1
        folder = server.variable(NAME) if server else None
        if server is None or not folder or hosts == 1 or not workload.grouped:
            continue
        mount = mount_of(server, folder.rstrip("/"))
        volume = volume_named(workload, mount[1].get("name")) if mount else None
        if mount is None or volume is None or mount[1].get("subPathExpr"):
            continue
        if _shared(volume, workload, seen):
            yield violation(
                f"{hosts} hosts write their XLA cache to {folder} on the shared volume "
                f"{mount[1].get('name')!r}",
                Place(workload.resource, (*server.env[NAME], "value")),
                Place(workload.resource, mount[0], note="shared"),
            )


def _shared(volume: dict[str, Any], workload: Workload, seen: View) -> bool:
    csi = volume.get("csi")
    if "nfs" in volume or (isinstance(csi, dict) and csi.get("driver") in SHARED):
        return True
    for claim in claims(workload, seen.context.bundle):
        own = isinstance(volume.get("persistentVolumeClaim"), dict)
        named = own and volume["persistentVolumeClaim"].get("claimName") == claim.name
        if named and claim.data.get("accessModes") == ["ReadWriteMany"]:
            return True
    return False
