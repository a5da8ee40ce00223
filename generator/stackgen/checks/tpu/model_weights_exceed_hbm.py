"""A model that does not fit into the memory of its chips or GPUs."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.fitting import fitted
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.words import counted
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="model-weights-exceed-hbm",
    family="tpu",
    severity=Severity.ERROR,
    summary="The model's weights are larger than the memory of the chips or GPUs they go to.",
    impact="Loading ends with RESOURCE_EXHAUSTED (TPU) or CUDA out of memory, and the container "
    "restarts for ever.",
    remedy="Take a larger slice or more GPUs, a smaller or a quantised model.",
    source=(
        "Arithmetic of plan/fit.py, which reproduces published recipes: Llama-3.3-70B needs 8 "
        "v6e chips (AI-Hypercomputer/tpu-recipes@c8cfe2f)"
    ),
    bad="""\
args: [--model=meta-llama/Llama-3.3-70B-Instruct, --tensor-parallel-size=4]   # v6e: 4 x 31.25 GiB
""",
    good="args: [--model=meta-llama/Llama-3.3-70B-Instruct, --tensor-parallel-size=8]",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each server of a known model; a warning where only the reserve is missing."""
    seen = view(context)
    for workload in seen.servers:
        bare, careful = fitted(seen, workload, reserve=0), fitted(seen, workload)
        if bare is None or careful is None or careful.fit.fits:
            continue
        sure = not bare.fit.fits and bare.sure_weights
        fit, given = careful.fit, careful.given
        yield RULE.finding(
            f"{careful.model.row.key} weighs {fit.weights_gib:.1f} GiB; "
            f"{counted(given.chips, given.unit)} of {careful.engine.row.key} "
            f"{'gives' if given.chips == 1 else 'give'} the engine "
            f"{fit.budget_gib:.1f} GiB, of which about {fit.reserve_gib:g} GiB are kept back",
            Place(workload.resource, careful.model.path),
            careful.flag("tensor-parallel-size", note="spread over so many"),
            severity=None if sure else Severity.WARNING,
            confidence=None if sure else "medium",
        )
