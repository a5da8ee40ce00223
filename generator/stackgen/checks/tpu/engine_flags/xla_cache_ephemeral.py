"""A compilation cache that does not outlive the pod."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.volumes import mount_of, volume_named
from stackgen.findings.model import Place, Violations, violation

NAME = "VLLM_XLA_CACHE_PATH"


def check(context: Context) -> Violations:
    """One finding for each cache path on an emptyDir, or on no volume at all."""
    for workload in view(context).tpu_servers:
        server = workload.server
        folder = (server.variable(NAME) or server.configured.get(NAME)) if server else None
        if server is None or not folder or not workload.whole or "://" in folder:
            continue
        mount = mount_of(server, folder.rstrip("/"))
        volume = volume_named(workload, mount[1].get("name")) if mount else None
        if mount is not None and (volume is None or "emptyDir" not in volume):
            continue
        where = f"the emptyDir {mount[1].get('name')!r}" if mount else "the container's own disk"
        yield violation(
            f"the XLA cache {folder} is on {where}",
            Place(
                workload.resource,
                (*server.env[NAME], "value") if NAME in server.env else server.path,
            ),
        )
