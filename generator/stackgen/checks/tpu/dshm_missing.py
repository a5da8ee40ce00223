"""Shared memory of 64 MiB."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.volumes import mount_of
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="dshm-missing",
    family="tpu",
    severity=Severity.WARNING,
    summary="A server with several devices has no memory volume at /dev/shm.",
    impact=(
        "The engine's workers talk through shared memory; with the default 64 MiB they die with "
        "a bus error."
    ),
    remedy="Mount an emptyDir with medium Memory and a sizeLimit at /dev/shm.",
    source=(
        "Every published TPU manifest of vLLM mounts it (GoogleCloudPlatform/kubernetes-engine- "
        "samples@2b50365)"
    ),
    confidence="medium",
    bad="""\
args: [--tensor-parallel-size=4]
volumes: []
""",
    good="""\
args: [--tensor-parallel-size=4]
volumeMounts: [{name: dshm, mountPath: /dev/shm}]
volumes: [{name: dshm, emptyDir: {medium: Memory, sizeLimit: 2Gi}}]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server without it; KServe's presets mount it."""
    for workload in view(context).servers:
        server = workload.server
        if server is None or not workload.whole or not server.line.vllm:
            continue
        if workload.resource.kind.startswith("LLMInferenceService"):
            continue
        size = server.line.number("tensor-parallel-size")
        if size is None or size < 2 or mount_of(server, "/dev/shm") or workload.spec.get("hostIPC"):
            continue
        yield RULE.finding(
            f"{workload.called} spreads its model over {size} devices and has no memory volume "
            "at /dev/shm",
            server.place("volumeMounts", key=True),
        )
