"""Whether the model of a workload fits its devices, with all that went into the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stackgen.checks.tpu.accelerators.devices import Devices
from stackgen.checks.tpu.models.beside import beside
from stackgen.checks.tpu.models.served_model import ModelOf, fit_input, split_of
from stackgen.checks.tpu.view import View
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place
from stackgen.plan.engine_memory import engine_memory, trial_gib
from stackgen.plan.fit import Fit, FitInput, fit, valid_tensor_parallel
from stackgen.record import record

# Beyond the error of a computed size: against published files it is 3% at the most.
_FAR = 1.05


@record
class ModelFit:
    """The arithmetic for one workload."""

    workload: Workload
    model: ModelOf
    devices: Devices
    given: FitInput
    fit: Fit

    @property
    def sure_weights(self) -> bool:
        """The size of the weights and of the memory are measured facts.

        A computed size is as good where it is a good deal more than the memory.
        """
        row, memory = self.model.row, self.devices.row.mark("hbm_usable_gib")
        marks = {row.mark(name) for name in ("", "load_bytes", "tpu_load_bytes")} | {memory}
        far = self.fit.weights_gib > _FAR * self.fit.budget_gib
        return marks <= ({"VERIFIED", "DERIVED"} if far else {"VERIFIED"})

    def flag(self, name: str, note: str = "") -> Place:
        """Where a flag of the server stands, or its command line."""
        server = self.workload.server
        assert server is not None
        found = server.line.flags.get(name)
        path = found.path if found is not None else server.line.path
        return Place(self.workload.resource, path, note=note)


def model_fit(seen: View, workload: Workload, reserve: float | None = None) -> ModelFit | None:
    """How the model fits; None when model, devices or command line are not known.

    reserve: GiB a chip kept back for activations and programs. What is usual there is an
    assumption, so it alone makes no error.
    """
    model, devices = seen.model(workload), seen.devices(workload)
    if model is None or devices is None or not workload.whole:
        return None
    assert workload.server is not None
    taken = engine_memory(devices.row.data["kind"], workload.server.image, seen.catalog)
    memory = taken.row.data
    kept = _kept(workload, model, devices, memory) if reserve is None else reserve
    # Without the assumptions, an engine that is not known may use all memory.
    share = 1 if reserve is not None and not taken.known else memory["utilisation"]
    given = fit_input(workload, model, devices, kept, share)
    if given is None:
        return None
    if not valid_tensor_parallel(given.attention_heads, given.kv_heads, given.tensor_parallel):
        return None
    kind, others = str(devices.row.data["kind"]), seen.catalog.copy()
    given = replace(given, beside=tuple(beside(workload, model, given, kind, others)))
    return ModelFit(workload, model, devices, given, fit(given))


def _kept(workload: Workload, model: ModelOf, devices: Devices, memory: Mapping[str, Any]) -> float:
    """GiB of each device that are neither weights nor cache, as the planner computes them."""
    words, usable = model.row.data.get("vocabulary"), devices.row.data.get("hbm_usable_gib")
    tensor = split_of(workload).tensor
    if "activation" not in memory or words is None or usable is None or tensor is None:
        return float(memory["reserve_gib_per_chip"])
    assert workload.server is not None
    asked = workload.server.line.number("max-num-seqs", 0)
    return trial_gib(memory["activation"], words, usable, tensor, asked or None)
