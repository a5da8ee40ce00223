"""A score for the use of the KV cache, from a metric that the servers do not export."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.pickers.pickers import Picker, pickers
from stackgen.checks.serving.program_versions import versions
from stackgen.facts.metric_rows import row_has
from stackgen.facts.pickers import picker_row
from stackgen.facts.shape import text
from stackgen.findings.model import Violations, violation
from stackgen.plan.picker import KV_CACHE, scorers_of

_CONFIG, _FLAG = "config-text", "kv-cache-usage-percentage-metric"


def check(context: Context) -> Violations:
    """One finding for each such endpoint picker; silent while a version is not known."""
    row = context.catalog.copy().row("metrics", "vllm")
    engines = versions(context, "vllm")
    if row is None or not engines:
        return
    shown = " and ".join(".".join(map(str, version)) for version in sorted(engines))
    for picker in pickers(chain(context)):
        config = picker.line.text(_CONFIG) or ""
        metric = _metric(context, picker)
        if not metric or KV_CACHE not in scorers_of(config):
            continue
        if not any(row_has(row, metric, version) for version in engines):
            yield violation(
                f"{KV_CACHE} reads {metric}, which vLLM {shown} does not export; set "
                f"--{_FLAG}={row.data['instead'].get(metric, 'vllm:kv_cache_usage_perc')}",
                picker.flag(_FLAG if _FLAG in picker.line.flags else _CONFIG),
            )


def _metric(context: Context, picker: Picker) -> str:
    """The metric that is read; "" if it is not known."""
    found = picker_row(text(picker.container.get("image")), context.catalog.copy())
    given = picker.line.text(_FLAG)
    return given or (str(found.data["kv_cache_metric"]) if found is not None else "")
