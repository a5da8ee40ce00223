"""What the rules about adapters, KV offload and speculative decoding share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context, spec_place
from stackgen.facts.shape import at
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


def given(context: Context, model: ModelPlan, field: str) -> tuple[Any, Place]:
    """What the spec has at a field of a model, also if it is empty, and the place of the field."""
    assert context.loaded is not None
    path = (*model.spec.name.origin.path[:-1], field)
    return at(context.loaded.data, *path), spec_place(context.loaded, path, key=True)


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
            remedy=f"Set `image` to one that has its vLLM version in the tag, or remove `{field}`.",
        )


def refused(
    model: ModelPlan, found: Support, field: str, place: Place, since: str = ""
) -> Violations:
    """A finding for each reason why the engine has no such feature, or not together with others."""
    name, first = model.spec.name.value, since or str(found.row.data["since"])
    if found.has(first) is False:
        yield violation(
            f"{name} has {field}: {found.engine} does not have it; the first version is {first}",
            place,
            remedy=f"Set `image` to vLLM {first} or newer, or remove `{field}`.",
        )
    server, spec = model.server, model.spec
    args = [arg.value for arg in spec.args]
    method, prefill = spec.speculative.method.value, model.prefill is not None
    disk = next(
        (f"kvOffload.{key}" for key, value in (
            ("storage", spec.kvOffload.storage.value), ("claim", spec.kvOffload.claim.value))
         if value), "",
    )  # fmt: skip
    parallel = "--data-parallel-size"
    # What excludes the feature: whether the model has it, and what to do then.
    has = {
        "pipeline": (
            server.spread.pipeline.value > 1,
            f"Use a node pool whose `topology` is one host, or remove `{field}`.",
        ),
        "adapters": (bool(spec.adapters), f"Remove `{field}` or `adapters`."),
        "experts": (
            server.size.active_params is not None,
            f"Remove `{field}`, or use a `model` without experts.",
        ),
        "layers": (
            bool(server.size.kv_groups),
            f"Remove `{field}`, or use a `model` whose layers all cache alike.",
        ),
        "prefill": (
            prefill and (method == NGRAM or not found.without("prefill-draft")),
            f"Remove `{field}` or `prefill`.",
        ),
        "prefill-draft": (prefill and method != NGRAM, f"Remove `{field}` or `prefill`."),
        "data": (
            any(arg.startswith(f"{parallel}=") for arg in args),
            f"Remove `{field}`, or `{parallel}` from `args`.",
        ),
        "storage": (bool(disk), f"Remove `{disk}`."),
        "async": (
            method == NGRAM and "--async-scheduling" in args,
            f"Remove `--async-scheduling` from `args`, or remove `{field}`.",
        ),
    }
    for other, (also, remedy) in has.items():
        if also and (why := found.without(other)):
            yield violation(f"{name} has {field}: {why}", place, remedy=remedy)
