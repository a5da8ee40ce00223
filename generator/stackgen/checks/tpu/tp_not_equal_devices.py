"""Chips or GPUs that no part of the model uses."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.models import split_of
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tp-not-equal-devices",
    family="tpu",
    severity=Severity.WARNING,
    summary="The model is not spread over all devices of the slice, or all GPUs of the pod.",
    impact="The others are idle, and billed all the same: nobody else can use them.",
    remedy=(
        "Set --tensor-parallel-size (times data and pipeline parallelism) to the chips of the "
        "slice (tpu7x has two devices a chip), or ask for fewer GPUs."
    ),
    source=(
        "vllm-project/tpu-inference@b8692ff README and AI-Hypercomputer/tpu-recipes: TP equals "
        "the chips"
    ),
    bad="args: [--tensor-parallel-size=1]   # on 4 chips",
    good="args: [--tensor-parallel-size=4]",
)


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
            f"{workload.called} uses {used} of the {devices} {what}{of}",
            Place(workload.resource, flag.path if flag else server.line.path),
        )
