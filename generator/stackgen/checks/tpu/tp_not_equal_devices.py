"""Chips that no part of the model uses."""

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
    summary="The model is not spread over all devices of the slice.",
    impact="The other chips are idle, and billed all the same: a TPU pod takes its host whole.",
    remedy=(
        "Set --tensor-parallel-size (times data and pipeline parallelism) to the chips of the "
        "slice; tpu7x has two devices a chip."
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
    for workload in seen.tpu_servers:
        target, split, server = seen.target(workload), split_of(workload), workload.server
        if server is None or target.generation is None or target.shape is None:
            continue
        if not server.line.vllm or workload.part.endswith("worker"):
            continue
        each = target.generation.data["jax_devices_per_chip"]
        devices, used = target.shape.chips * each, split.devices
        if used is None or used >= devices:
            continue
        flag = server.line.flags.get("tensor-parallel-size")
        of = f" ({counted(target.shape.chips, 'chip')} of {each})" if each > 1 else ""
        yield RULE.finding(
            f"{workload.called} uses {used} of the {devices} devices of {target.generation.key} "
            f"{target.topology}{of}",
            Place(workload.resource, flag.path if flag else server.line.path),
        )
