"""A quantization that the checkpoint of the model does not have."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.escape import visible
from stackgen.findings.model import Place, Violations, violation

# Methods that read their settings from the checkpoint. Others quantize while they load.
_OF_CHECKPOINT = {
    "awq", "gptq", "marlin", "gptq_marlin_24", "squeezellm", "aqlm", "modelopt",
    "compressed-tensors",
}  # fmt: skip
_WHILE_LOADING = {"fp8", "bitsandbytes"}


def check(context: Context) -> Violations:
    """One finding for each GPU server of a known model; of TPUs quant-unsupported-tpu speaks."""
    seen = view(context)
    for workload in seen.gpu_servers:
        server, model = workload.server, seen.model(workload)
        given = server.line.text("quantization") if server is not None else None
        if server is None or model is None or not given or workload.service is not None:
            continue
        flag = server.line.flags.get("model") or server.line.model
        method = given if given in _OF_CHECKPOINT else given.removesuffix("_marlin")
        if flag is None or str(flag.value).startswith("/"):
            continue  # a folder may have another checkpoint of the model
        own = model.row.data.get("quantization")
        if own is None and method in _OF_CHECKPOINT:
            what = "is not quantized"
        elif own is not None and own != method and method in _OF_CHECKPOINT | _WHILE_LOADING:
            what = f"is quantized as {own}"
        else:
            continue
        yield violation(
            f"the checkpoint of {model.row.key} {what}, and --quantization is {visible(given)}",
            Place(workload.resource, server.line.flags["quantization"].path),
            Place(workload.resource, model.path, note="the model"),
        )
