"""The least that a model weighs whose fit is not known, against the memory of its server."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import Devices
from stackgen.checks.tpu.models.served_model import OTHER_ARITHMETIC, split_of, unlisted
from stackgen.checks.tpu.view import View
from stackgen.facts.model_name import least_by
from stackgen.facts.workloads import Workload
from stackgen.plan.fit import GIB
from stackgen.plan.model import ModelPlan
from stackgen.record import record

# Flags with which weights may be elsewhere than in the memory of the chips.
_ELSEWHERE = ("cpu-offload-gb", "hf-overrides", "load-format")


@record
class Least:
    """A model, GiB of its weights at the least, and of the memory that its server has.

    exact: the weights are stated, and not read from the name. chips: that hold them.
    """

    model: str
    weights_gib: float
    memory_gib: float
    exact: bool
    devices: Devices
    chips: int


def least(context: Context, seen: View, workload: Workload) -> Least | None:
    """What is known of a server whose fit is not; None when nothing is."""
    devices, server = seen.devices(workload), workload.server
    if devices is None or server is None or not server.line.vllm or not workload.whole:
        return None
    if not server.line.complete or any(name in server.line.flags for name in _ELSEWHERE):
        return None
    found = _weights(context, seen, workload)
    usable = devices.row.data.get("hbm_usable_gib", devices.row.data["hbm_gb"])
    used = split_of(workload).devices
    chips = devices.chips if used is None else -(-used // devices.each)
    # More devices than these Pods have: others take part, or another rule reports them.
    if found is None or chips > devices.chips:
        return None
    name, size, exact = found
    return Least(name, size / GIB, chips * usable, exact, devices, chips)


def _weights(context: Context, seen: View, workload: Workload) -> tuple[str, float, bool] | None:
    """The model, bytes of its weights, and whether they are stated."""
    plan = context.plan.servers if context.plan is not None else ()
    for model in plan:
        if model.spec.name.value == workload.resource.name:
            return _planned(model)
    name = unlisted(workload, seen.catalog)
    if name is None:
        return _listed(seen, workload)
    row, line = seen.catalog.sizing("model-name").data, workload.server
    method = line.line.text("quantization") if line is not None else None
    size = least_by(row, name, method or "")
    return (name, size, False) if size is not None else None


def _listed(seen: View, workload: Workload) -> tuple[str, float, bool] | None:
    """A model of the catalog on devices whose usable memory the catalog does not have."""
    model, devices, server = seen.model(workload), seen.devices(workload), workload.server
    if model is None or devices is None or server is None:
        return None
    if any(name in server.line.flags for name in OTHER_ARITHMETIC):
        return None
    return model.row.key, model.held_bytes(devices.row.data["kind"]), True


def _planned(model: ModelPlan) -> tuple[str, float, bool] | None:
    size, name = model.server.size, model.spec.model.value
    if model.server.hbm is not None:
        return None
    if size.weight_bytes is not None:
        return name, size.weight_bytes.value, True
    return (name, size.at_least.value, False) if size.at_least is not None else None
