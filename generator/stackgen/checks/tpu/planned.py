"""What the rules about the plan share. They are silent where there is no spec (`lint`)."""

from __future__ import annotations

import dataclasses
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context, spec_place
from stackgen.checks.tpu.models.served_model import ModelOf, named_at
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place
from stackgen.findings.rules import rule_named
from stackgen.origin import Traced
from stackgen.plan.dimensions import model_id
from stackgen.plan.estimate import Estimate, estimate
from stackgen.plan.model import ModelPlan
from stackgen.plan.prefill import PREFILL
from stackgen.spec.serving import Model


def estimate_of(context: Context) -> Estimate | None:
    """Capacity and cost of the plan; None without a plan."""
    return context.once(_estimate)


def _estimate(context: Context) -> Estimate | None:
    if context.plan is None:
        return None
    return estimate(context.plan, context.catalog)


def place_of(context: Context, value: Traced[Any], note: str = "") -> Place:
    """Where the spec says `value`, or the parent of where it could."""
    assert context.loaded is not None
    return spec_place(context.loaded, value.origin.path, note=note)


def spec_model(context: Context, name: str) -> Model | None:
    """The model of the spec that is rendered with a name; None without a plan."""
    models = context.plan.models if context.plan is not None else ()
    return next((m.spec for m in models if m.spec.name.value == name), None)


def scaled_remedy(context: Context, rule: str, name: str, bound: str = "max") -> str:
    """The rule's remedy for a model with autoscaling, which has no `replicas`; else empty.

    bound: the field of `autoscaling` that the remedy is about.
    """
    for model in context.plan.servers if context.plan is not None else ():
        if model.scaling is not None and model.spec.name.value == name:
            field = field_of(model, f"autoscaling.{bound}")
            return rule_named(rule).remedy_in_stack.replace("`replicas", f"`{field}")
    return ""


def most_of(model: ModelPlan) -> str:
    """The field of a model that limits its replicas."""
    return field_of(model, "replicas" if model.scaling is None else "autoscaling.max")


def field_of(model: ModelPlan, field: str) -> str:
    """A field of the servers as it is in a model of stack.yaml."""
    return f"prefill.{field}" if model.role == PREFILL else field


def described(context: Context, workload: Workload) -> ModelOf | None:
    """The model of a rendered service as spec or config describe it; None where they do not.

    What the catalog knows besides stays; what describes the model goes before it.
    """
    path = named_at(workload)
    if context.plan is None or not path:
        return None
    name = workload.resource.name
    found = [m for m in context.plan.servers if m.spec.name.value == name]
    if not found or not _describes(found[0]):
        return None
    model = found[0]
    size = model.server.size
    context_length = size.max_context or model.server.max_model_len
    if size.missing or context_length is None or size.file_bytes is None:
        return None
    catalog = context.catalog.copy()
    known = catalog.model(model_id(model.spec.model.value))
    fields = {
        "layers": size.layers,
        "attention_heads": size.attention_heads,
        "kv_heads": size.kv_heads,
        "head_dim": size.head_dim,
        "max_context": context_length,
        "load_bytes": size.file_bytes,
        "tpu_load_bytes": size.weight_bytes,
    }
    data = {name: value.value for name, value in fields.items() if value is not None}
    base = known.data if known is not None else {}
    groups = [dataclasses.asdict(group.value) for group in size.kv_groups]
    content = {**base, **data, "kv_groups": groups}
    row = Row("stack.yaml", model.spec.name.value, content, "the spec", "", {})
    return ModelOf(row, path)


def _describes(model: ModelPlan) -> bool:
    """Whether the spec says something of the model's size itself."""
    given = model.spec.dimensions
    sizes = (getattr(given, field.name).value for field in dataclasses.fields(given))
    return model.spec.config.value is not None or any(size is not None for size in sizes)
