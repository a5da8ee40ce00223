"""What the rules about adapters, KV offload and speculative decoding share."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.plan.engine_features import Support, support
from stackgen.plan.model import ModelPlan
from stackgen.spec.engine_features import NGRAM


def supported(context: Context, feature: str) -> Iterator[tuple[ModelPlan, Support]]:
    """The models of the plan, each with what its engine can do of a feature."""
    if context.plan is None or context.loaded is None:
        return
    for model in context.plan.models:
        image, kind = model.server.image.value, model.server.devices.kind
        yield model, support(feature, image, kind, context.catalog.copy())


def unknown(
    model: ModelPlan, found: Support, field: str, place: Place, since: str = ""
) -> Violations:
    """A warning where the version of the engine is not known."""
    first = since or found.row.data["since"]
    if found.has(first) is None:
        yield violation(
            f"{model.spec.name.value} has {field}, and the version of the engine in "
            f"{model.server.image.value} is not known; it needs vLLM {first} or newer",
            place,
            severity=Severity.WARNING,
            confidence="medium",
        )


def refused(model: ModelPlan, found: Support, since: str = "") -> Iterator[str]:
    """Why the engine has no such feature, or not together with what else the model has."""
    first = since or str(found.row.data["since"])
    if found.has(first) is False:
        yield f"{found.engine} does not have it; the first version is {first}"
    server, spec = model.server, model.spec
    args = [arg.value for arg in spec.args]
    has = {
        "pipeline": server.spread.pipeline.value > 1,
        "adapters": bool(spec.adapters),
        "experts": server.size.active_params is not None,
        "layers": bool(server.size.kv_groups),
        "prefill": model.prefill is not None,
        "data": any(arg.startswith("--data-parallel-size=") for arg in args),
        "storage": spec.kvOffload.storage.value or spec.kvOffload.claim.value,
        "async": spec.speculative.method.value == NGRAM and "--async-scheduling" in args,
    }
    for other, also in has.items():
        if also and (why := found.without(other)):
            yield why
