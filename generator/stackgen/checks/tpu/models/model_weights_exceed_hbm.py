"""A model that does not fit into the memory of its chips or GPUs."""

from __future__ import annotations

from dataclasses import replace

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.tpu.models.least_weights import least
from stackgen.checks.tpu.models.model_fit import ModelFit, model_fit
from stackgen.checks.tpu.models.served_model import named_at
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.plan.fit import GIB, FitInput, fit, valid_tensor_parallel
from stackgen.wording import counted


def check(context: Context) -> Violations:
    """One finding for each server of a known model; a warning where only the reserve is missing."""
    seen = view(context)
    inside = {id(workload) for workload in seen.in_others}
    for workload in (*seen.servers, *seen.in_others):
        bare, careful = model_fit(seen, workload, reserve=0), model_fit(seen, workload)
        if bare is None or careful is None:
            if id(workload) not in inside:
                yield from _unknown(context, workload)
            continue
        if careful.fit.fits or (id(workload) in inside and bare.fit.fits):
            continue
        sure = id(workload) not in inside and not bare.fit.fits and bare.sure_weights
        fit, given = careful.fit, careful.given
        kept = f"{fit.reserve_gib:g} GiB"
        others = "".join(f", and {what} of {gib:.1f} GiB" for what, gib in given.beside)
        reserved = f", of which about {kept} are reserved" if fit.reserve_gib else ""
        yield violation(
            f"{careful.model.row.key} has weights of {fit.weights_gib:.1f} GiB"
            f"{_expanded(careful)}{others}; "
            f"{counted(given.chips, given.unit)} of {careful.devices.row.key} "
            f"{'has' if given.chips == 1 else 'have'} "
            f"{fit.budget_gib:.1f} GiB{reserved}",
            Place(workload.resource, careful.model.path),
            careful.flag("tensor-parallel-size", note="the model is spread over these"),
            severity=None if sure else Severity.WARNING,
            confidence=None if sure else "medium",
            remedy=_remedy(context, careful),
        )


def _expanded(outcome: ModelFit) -> str:
    """How much less the files have, if a TPU holds the weights in a wider format."""
    data, on_tpu = outcome.model.row.data, outcome.devices.row.data.get("kind") == "tpu"
    held, files = data.get("tpu_load_bytes"), data.get("load_bytes")
    if not on_tpu or not held or not files or held <= files:
        return ""
    return f" on a TPU, {files / GIB:.1f} GiB in its files"


def _remedy(context: Context, outcome: ModelFit) -> str:
    """The smallest slice that the weights fit in; the rule's own advice where there is none."""
    given, devices = outcome.given, outcome.devices
    flagged = outcome.workload.server
    flag = flagged.line.flags.get("tensor-parallel-size") if flagged is not None else None
    whole = replace(given, chips=devices.count, tensor_parallel=devices.count)
    spread = flag is not None and given.pipeline == 1 and given.chips < devices.count
    if spread and _divides(whole) and fit(whole).fits:
        first = f"Set `--tensor-parallel-size={devices.count}`"
        if context.stack is not None:  # stackgen then computes it
            first = "Remove `--tensor-parallel-size` from `args`"
        return f"{first}: the model fits on all {counted(devices.count, given.unit)}."
    for row in sorted(view(context).catalog.topologies(devices.row.key), key=_chips):
        chips, hosts = _chips(row), row.data["hosts"]
        wider = replace(given, chips=chips, pipeline=hosts, tensor_parallel=chips // hosts)
        if chips > given.chips and _divides(wider) and fit(wider).fits:
            where = f" on {hosts} hosts" if hosts > 1 else ""
            said = f"`topology: {row.data['topology']}` fits{where}"
            return f"{said}. Or change `model` to a smaller or quantized model."
    return ""


def _chips(row: Row) -> int:
    chips: int = row.data["chips"]
    return chips


def _divides(given: FitInput) -> bool:
    return valid_tensor_parallel(given.attention_heads, given.kv_heads, given.tensor_parallel)


def _unknown(context: Context, workload: Workload) -> Violations:
    """A model whose fit is not known, and whose weights alone are more than all memory."""
    found = least(context, view(context), workload)
    if found is None or found.weights_gib <= found.memory_gib:
        return
    size = f"{found.weights_gib:.1f} GiB"
    yield violation(
        f"{found.model} weighs {size if found.exact else f'at least {size}, by its name'}; "
        f"{counted(found.chips, found.devices.unit)} of {found.devices.row.key} "
        f"{'has' if found.chips == 1 else 'have'} {found.memory_gib:.1f} GiB",
        Place(workload.resource, named_at(workload)),
        confidence=None if found.exact else "medium",
    )
