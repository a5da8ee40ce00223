"""LoRA adapters on a TPU whose engine loads none."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict, as_list
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource

_FLAG, _VARIABLE = "enable-lora", "MODEL_IMPL_TYPE"
# Models for which the engine chooses that implementation by itself.
_CHOSEN = ("gpt-oss", "qwen3-30b-a3b", "qwen3-235b", "qwen3-coder", "kimi-k2.5", "qwen3.5", "moe")


def check(context: Context) -> Violations:
    """One finding for each server: of a version that is too old, or without the variable."""
    row = context.catalog.copy().row("feature", "adapters/vllm-tpu")
    adapted = {
        id(service.resource): service.place("spec", "model", "lora", "adapters", key=True)
        for service in services(context)
        if as_list(as_dict(as_dict(service.spec.get("model")).get("lora")).get("adapters"))
    }
    for run in engine_runs(context):
        if row is None or run.running.engine.name != "vllm-tpu":
            continue
        place = _place(run, adapted)
        version, first = run.running.version, str(row.data["since"])
        if place is None:
            continue
        if version and not run.running.engine.versions.since(version, first):
            yield violation(
                f"vLLM {version} on TPU does not support adapters; the first version is {first}",
                place,
            )
            continue
        values = {name: value for _, name, value in run.variables()}
        if _VARIABLE in values and values[_VARIABLE] != "vllm" and values[_VARIABLE] is not None:
            yield violation(f"{_VARIABLE} is {values[_VARIABLE]}; adapters need vllm", place)
        elif _VARIABLE not in values and not _chosen(run):
            yield violation(
                f"the server has adapters but no {_VARIABLE}: most models then run in JAX, "
                "which does not support adapters",
                place,
                severity=Severity.WARNING,
            )


def _place(run: EngineRun, adapted: dict[int, Place]) -> Place | None:
    resource: Resource = run.resource
    return run.flag(_FLAG) if _FLAG in run.line.flags else adapted.get(id(resource))


def _chosen(run: EngineRun) -> bool:
    """Whether the engine may choose the implementation with adapters for the model."""
    flag = run.line.model or run.line.flags.get("model")
    name = (flag.value or "") if flag is not None else str(run.resource.get("spec", "model", "uri"))
    return any(part in name.lower() for part in _CHOSEN)
