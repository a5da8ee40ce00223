"""A parser of tool calls or of reasoning for models of another family."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import engine_runs
from stackgen.findings.model import Violations, violation
from stackgen.manifest.shipped import shipped

_OPTIONS = ("tool-call-parser", "reasoning-parser")


def check(context: Context) -> Violations:
    """One finding for each option. A chat template of one's own may have any format."""
    for run in engine_runs(context):
        if not run.running.engine.name.startswith("vllm"):
            continue
        model = run.line.model.value if run.line.model else None
        model = model or run.line.text("model") or ""
        own = "chat-template" in run.line.flags
        if "/" not in model or model.startswith(("/", ".")):
            continue
        families = _families(model)
        for option in _OPTIONS if families else ():
            parser = run.line.text(option) or ""
            reads = _rows()[option].get(parser)
            if reads and not families & {*reads} and not (own and option == _OPTIONS[0]):
                yield violation(
                    f"--{option} {parser} reads the output of {', '.join(reads)} models, and "
                    f"the model is {model}",
                    run.flag(option),
                )


def _families(model: str) -> set[str]:
    """The words in the name of a model that tell its format; none if it has another one."""
    name = model.lower()
    if any(word in name for word in _rows()["other"]):
        return set()
    return {word for word in _rows()["words"] if word in name}


@cache
def _rows() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "parser_families.yaml")
    return found
