"""LoRA adapters with the name of the model, or of each other."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import engine_runs
from stackgen.facts.lora_modules import modules
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each adapter that requests do not reach."""
    for run in engine_runs(context):
        served = {flag.value for flag in run.line.several("served-model-name")} - {None}
        first: dict[str, int] = {}
        for i, module in enumerate(modules(run.line)):
            if not module.name:
                continue
            place = Place(run.resource, module.path)
            if module.name in served:
                yield violation(
                    f"the adapter {module.name} has the name of the model",
                    place,
                    run.flag("served-model-name"),
                )
            elif module.name in first:
                yield violation(
                    f"adapters {first[module.name] + 1} and {i + 1} have the name {module.name}",
                    place,
                )
            first.setdefault(module.name, i)
