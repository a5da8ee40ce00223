"""A context that the cache cannot hold."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.model_fit import ModelFit, model_fit
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Place, Severity, Violations, violation

_STEP = 1024  # lengths are multiples of this


def check(context: Context) -> Violations:
    """One finding for each server of a known model whose weights fit."""
    seen = view(context)
    for workload in seen.servers:
        bare, careful = model_fit(seen, workload, reserve=0), model_fit(seen, workload)
        if bare is None or careful is None or not careful.fit.fits:
            continue
        if careful.fit.full_context_fits:
            continue
        # Sliding-window models need less than the arithmetic says.
        data = careful.model.row.data
        sliding = "sliding_window" in data or any(g.window for g in careful.model.kv_groups)
        sure = not bare.fit.full_context_fits and bare.sure_weights and not sliding
        asked = careful.given.max_model_len
        yield violation(
            f"the KV cache holds {careful.fit.kv_tokens} tokens of {careful.model.row.key}, "
            f"but one sequence can have {asked}",
            careful.flag("max-model-len"),
            Place(workload.resource, careful.model.path, note="the model"),
            remedy=_remedy(context, careful),
            severity=None if sure else Severity.WARNING,
            confidence=None if sure else "medium",
        )


def _remedy(context: Context, found: ModelFit) -> str:
    """The longest length that fits; the words of the rule where not even a short one does."""
    row = found.model.row.data
    most = min(found.fit.kv_tokens, row.get("max_context") or found.fit.kv_tokens)
    length = most // _STEP * _STEP
    if not length:
        return ""
    if context.stack is None:
        return f"Set `--max-model-len={length}`, or use a larger slice or more GPUs."
    return f"Set `maxModelLen: {length}`, or use a larger `topology` or more `gpus`."
