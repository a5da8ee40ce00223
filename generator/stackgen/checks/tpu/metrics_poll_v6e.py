"""Metrics that upset the chip."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="metrics-poll-v6e",
    family="tpu",
    severity=Severity.WARNING,
    summary="A container beside a v6e server reads TPU metrics through libtpu by itself.",
    impact=(
        "Polling every few seconds races with resets of the device: the control agent crashes, "
        "and starting the slice fails with refused connections."
    ),
    remedy="Read the metrics that GKE exports, or those of the server.",
    source="GoogleCloudPlatform/gke-mcp: hazard described for v6e",
    bad="""\
command: [python3, -c, "import libtpu.sdk.tpumonitoring as m"]   # in a loop
""",
    good="command: [python3, -m, vllm.entrypoints.openai.api_server]",
)


MARK = "tpumonitoring"


def check(context: Context) -> Iterator[Finding]:
    """One finding for each container of a v6e pod that names the library."""
    seen = view(context)
    for workload in seen.tpu:
        generation = seen.target(workload).generation
        if generation is None or generation.key != "v6e":
            continue
        for container in workload.containers:
            for field in ("command", "args"):
                items = container.data.get(field)
                for i, text in enumerate(items if isinstance(items, list) else ()):
                    if isinstance(text, str) and MARK in text:
                        yield RULE.finding(
                            f"container {container.name} reads libtpu's {MARK} on v6e",
                            container.place(field, i),
                        )
