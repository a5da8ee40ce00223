"""Shared memory of 64 MiB."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.volumes import mount_of
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each server without it; KServe's presets mount it."""
    for workload in view(context).servers:
        server = workload.server
        if server is None or not workload.whole or not server.line.vllm:
            continue
        if workload.service is not None and server.preset is not None:
            continue
        size = server.line.number("tensor-parallel-size")
        if size is None or size < 2 or mount_of(server, "/dev/shm") or workload.spec.get("hostIPC"):
            continue
        yield violation(
            f"{workload.display_name} spreads its model over {size} devices but has no memory "
            "volume at /dev/shm",
            server.place("volumeMounts", key=True),
        )
    yield from _sglang(context)


def _sglang(context: Context) -> Violations:
    """The same for servers of SGLang, which has flags of its own."""
    for workload in view(context).workloads:
        for container in workload.containers:
            if "sglang.launch_server" not in " ".join(
                map(str, container.data.get("command") or ())
            ):
                continue
            line = container.line
            sizes = (line.number(flag) for flag in ("tp", "tp-size", "tensor-parallel-size"))
            size = next((one for one in sizes if one is not None), 1)
            alone = not mount_of(container, "/dev/shm") and not workload.spec.get("hostIPC")
            if size > 1 and alone and workload.whole:
                yield violation(
                    f"{workload.display_name} spreads its model over {size} devices but has no "
                    "memory volume at /dev/shm",
                    container.place("volumeMounts", key=True),
                )
