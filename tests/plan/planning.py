"""Plans of the stack of tests/cases/plan under an overlay."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from stackgen.compiler import Compiled, compile_environment
from stackgen.plan.estimate import Estimate, estimate
from stackgen.plan.model import ModelPlan, Plan

CASES = Path(__file__).resolve().parents[1] / "cases" / "plan"


def compiled(overlay: str) -> Compiled:
    """The base stack under `overlay`, compiled and not proven."""
    with tempfile.TemporaryDirectory() as folder:
        for file in CASES.iterdir():
            shutil.copy(file, folder)
        where = Path(folder) / "overlays" / "case"
        where.mkdir(parents=True)
        (where / "stack.yaml").write_text(overlay, encoding="utf-8")
        return compile_environment(folder, "case", prove=False)


def plan(overlay: str) -> Plan:
    """Its plan."""
    found = compiled(overlay)
    assert found.plan is not None, [f.message for f in found.findings]
    return found.plan


def model(overlay: str) -> ModelPlan:
    """The plan of its first model."""
    return plan(overlay).models[0]


def estimated(overlay: str) -> Estimate:
    """Capacity and cost of it."""
    found = compiled(overlay)
    assert found.plan is not None, [f.message for f in found.findings]
    return estimate(found.plan, found.catalog)


def served(fields: str, pool: str = "") -> str:
    """An overlay with these fields of the model, and these of its pool."""
    pools = f"cluster: {{nodePools: [{{name: tpu, {pool}}}]}}, " if pool else ""
    return f"spec: {{{pools}serving: {{models: [{{name: chat, {fields}}}]}}}}\n"
