"""A compilation cache that does not outlive the pod."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.volumes import mount_of, volume_named
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="xla-cache-ephemeral",
    family="tpu",
    severity=Severity.WARNING,
    summary="The path of the XLA cache is set, and lies on storage that goes with the pod.",
    impact=(
        "Everything is compiled again at each restart and for each new replica: 3 to 22 minutes."
    ),
    remedy=(
        "Mount a persistent volume or a bucket at the path (on several hosts: a folder for each)."
    ),
    source=(
        "vLLM envs.py VLLM_XLA_CACHE_PATH; 334 s of compilation gone with a saved cache (public "
        "logs)"
    ),
    confidence="medium",
    bad="""\
env: [{name: VLLM_XLA_CACHE_PATH, value: /cache/xla}]
volumeMounts: [{name: cache, mountPath: /cache}]
volumes: [{name: cache, emptyDir: {}}]
""",
    good="""\
env: [{name: VLLM_XLA_CACHE_PATH, value: /cache/xla}]
volumeMounts: [{name: cache, mountPath: /cache}]
volumes: [{name: cache, persistentVolumeClaim: {claimName: xla-cache}}]
""",
)


NAME = "VLLM_XLA_CACHE_PATH"


def check(context: Context) -> Iterator[Finding]:
    """One finding for each cache path on an emptyDir, or on no volume at all."""
    for workload in view(context).tpu_servers:
        server = workload.server
        folder = server.variable(NAME) if server else None
        if server is None or not folder or not workload.whole or "://" in folder:
            continue
        mount = mount_of(server, folder.rstrip("/"))
        volume = volume_named(workload, mount[1].get("name")) if mount else None
        if mount is not None and (volume is None or "emptyDir" not in volume):
            continue
        where = f"the emptyDir {mount[1].get('name')!r}" if mount else "the container's own disk"
        yield RULE.finding(
            f"the XLA cache {folder} lies on {where}",
            Place(workload.resource, (*server.env[NAME], "value")),
        )
