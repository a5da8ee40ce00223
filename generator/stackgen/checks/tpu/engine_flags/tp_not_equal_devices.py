"""Chips or GPUs that no part of the model uses."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server that uses fewer devices than it has."""
    seen = view(context)
    for workload in seen.servers:
        engine, split, server = seen.engine(workload), split_of(workload), workload.server
        if server is None or engine is None:
            continue
        if not server.line.vllm or workload.part.endswith("worker"):
            continue
        devices, used = engine.devices, split.devices
        if used is None or used >= devices:
            continue
        flag = server.line.flags.get("tensor-parallel-size")
        of = f" ({counted(engine.chips, 'chip')} of {engine.each})" if engine.each > 1 else ""
        what = "GPUs of the pod" if engine.unit == "GPU" else f"devices of {engine.where}"
        yield RULE.finding(
            f"{workload.display_name} uses {used} of the {devices} {what}{of}",
            Place(workload.resource, flag.path if flag else server.line.path),
        )
