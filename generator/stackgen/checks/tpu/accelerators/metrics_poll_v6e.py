"""Metrics that upset the chip."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.containers import words
from stackgen.findings.model import Violations, violation

MARK = "tpumonitoring"


def check(context: Context) -> Violations:
    """One finding for each container of a v6e Pod that names the library."""
    seen = view(context)
    for workload in seen.tpu:
        generation = seen.target(workload).generation
        if generation is None or generation.key != "v6e":
            continue
        for container in workload.containers:
            for path, word in words(container.data):
                if MARK in word:
                    yield violation(
                        f"container {container.name} reads libtpu's {MARK} on v6e",
                        container.place(*path),
                    )
