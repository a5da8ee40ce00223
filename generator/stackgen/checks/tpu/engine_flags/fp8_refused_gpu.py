"""FP8 on a GPU for which this version of vLLM has no kernels."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import named_at, unlisted
from stackgen.checks.tpu.view import View, view
from stackgen.facts.engines import running
from stackgen.facts.workloads import GPU_ACCELERATOR, Workload
from stackgen.findings.model import Place, Violations, violation

_FP8 = "fp8"


def check(context: Context) -> Violations:
    """One finding for each server whose flag or model asks for FP8."""
    seen = view(context)
    known = seen.catalog.row("feature", "quantization/vllm")
    for workload in seen.workloads if known is not None else ():
        server, label = workload.server, workload.label(GPU_ACCELERATOR)
        row = seen.catalog.accelerator_of_label(label) if label and server else None
        until = known.data["refused"].get(row.key, {}).get(_FP8) if row and known else None
        if server is None or until is None or not server.line.vllm:
            continue
        found = running(str(server.data.get("image", "")), server.line.engine, seen.catalog)
        asked = _asked(seen, workload)
        if asked is None or found is None or not found.version:
            continue
        if found.engine.name == "vllm" and not found.engine.versions.since(found.version, until):
            what, place = asked
            yield violation(
                f"{what} on {label}: vLLM {found.version} has FP8 for compute capability 8.0 and "
                f"later, and a {row.key.upper() if row else label} has 7.5",
                place,
                Place(workload.resource, workload.labels[GPU_ACCELERATOR].path, note="the GPU"),
            )


def _asked(seen: View, workload: Workload) -> tuple[str, Place] | None:
    """What asks for FP8, and where: the flag, or the model in the catalog or by its name."""
    server = workload.server
    if server is None:
        return None
    method = server.line.text("quantization")
    if method is not None:
        flag = Place(workload.resource, server.line.flags["quantization"].path)
        return (f"--quantization {_FP8}", flag) if method == _FP8 else None
    model = seen.model(workload)
    name = model.row.key if model is not None else unlisted(workload, seen.catalog)
    own = model.row.data.get("quantization") if model is not None else None
    if name and (own == _FP8 or (model is None and name.lower().endswith(f"-{_FP8}"))):
        return name, Place(workload.resource, named_at(workload))
    return None
