"""More devices than the slice has."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.engine import Engine
from stackgen.checks.tpu.models import split_of
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tp-gt-devices",
    family="tpu",
    severity=Severity.WARNING,
    summary="The model is to be spread over more devices than the pod has.",
    impact="The engine does not start.",
    remedy="Lower --tensor-parallel-size, or take a larger slice or more GPUs.",
    source="Inferred: vLLM places each rank on a device of its own",
    confidence="medium",
    bad="args: [--tensor-parallel-size=8]   # on 4 chips",
    good="args: [--tensor-parallel-size=4]",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server that asks for too many."""
    seen = view(context)
    for workload in seen.servers:
        engine, split, server = seen.engine(workload), split_of(workload), workload.server
        if server is None or engine is None:
            continue
        devices, used = engine.devices, split.devices or split.tensor
        if used is None or used <= devices or (engine.unit == "GPU" and workload.grouped):
            continue
        flag = server.line.flags.get("tensor-parallel-size")
        yield RULE.finding(
            f"{workload.called} spreads the model over {used} devices; {_has(engine)}",
            Place(workload.resource, flag.path if flag else server.line.path),
        )


def _has(engine: Engine) -> str:
    if engine.unit == "GPU":
        return f"the pod asks for {counted(engine.chips, 'GPU')}"
    return f"{engine.where} has {engine.devices}"
