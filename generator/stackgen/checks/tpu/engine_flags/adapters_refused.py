"""LoRA adapters that the engine or the platform does not load, or that clients cannot call."""

from __future__ import annotations

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.tpu.engine_flags.features import refused, supported, unknown
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Severity, Violations, violation
from stackgen.origin import Traced
from stackgen.plan.adapters import rank_of
from stackgen.plan.dimensions import model_id
from stackgen.plan.engine_features import ADAPTERS
from stackgen.plan.model import ModelPlan, Plan
from stackgen.spec.engine_features import Adapter


def check(context: Context) -> Violations:
    """One finding for each reason."""
    taken: dict[str, Traced[str]] = {}
    for model, found in supported(context, ADAPTERS):
        assert context.plan is not None
        spec, name = model.spec, model.spec.name.value
        slots = spec.maxLoras.value
        if slots is not None and slots > len(spec.adapters):
            count = len(spec.adapters)
            yield violation(
                f"{name} has maxLoras {slots} and {count} adapters, so memory is reserved for "
                "adapters that do not exist",
                place_of(context, spec.maxLoras),
                remedy=f"Set `maxLoras: {count}`, or remove it." if count else "Remove `maxLoras`.",
            )
        if not spec.adapters or not context.plan.release.has("adapters"):
            continue
        place = place_of(context, spec.adapters[0].name)
        yield from refused(model, found, "adapters", place)
        yield from unknown(model, found, "adapters", place)
        served = model.served_name
        here = {served.value: served}
        for adapter in spec.adapters:
            yield from _name(context, context.plan, adapter, here, taken)
            yield from _address(context, context.plan, model, adapter)
            yield from _rank(context, adapter, found.row)
        taken |= here


def _name(
    context: Context, plan: Plan, adapter: Adapter, here: dict[str, Traced[str]],
    taken: dict[str, Traced[str]],
) -> Violations:  # fmt: skip
    """here, taken: the names of this model, and of those before it."""
    name = adapter.name
    both = here.get(name.value)
    if both is not None:
        yield violation(
            f"two models of one server have the name {name.value}: requests for it reach the first",
            place_of(context, name),
            place_of(context, both, note="the first"),
            remedy="Give the adapter another `name`.",
        )
    elif name.value in taken and plan.release.serving("adapters", "one_name").value:
        yield violation(
            f"{name.value} is a name of two models, and the route of release "
            f"{plan.stack.spec.release.value} selects by name",
            place_of(context, name),
            place_of(context, taken[name.value], note="the other"),
            remedy="Give one of the two another `name`.",
        )
    here.setdefault(name.value, name)


def _address(context: Context, plan: Plan, model: ModelPlan, adapter: Adapter) -> Violations:
    uri, release = adapter.model, plan.stack.spec.release.value
    schemes = plan.release.serving("adapters", "schemes").value
    scheme, _, rest = uri.value.partition("://")
    if scheme not in schemes:
        some = " and ".join(f"{one}://" for one in schemes)
        yield violation(
            f"servers of release {release} read adapters from {some}, not from {scheme}://",
            place_of(context, uri),
            remedy=f"Set `model` to an address that begins with {some.replace(' and ', ' or ')}.",
        )
    elif scheme == "hf" and ":" in rest and not plan.release.serving("adapters", "revision").value:
        yield violation(
            f"adapter {adapter.name.value} names the revision {rest.partition(':')[2]}; vLLM, "
            f"which downloads it in release {release}, always downloads the latest one",
            place_of(context, uri),
            remedy=f"Set `model: {uri.value.rpartition(':')[0]}`.",
        )
    row = context.catalog.copy().row("companion", model_id(uri.value))
    base = context.catalog.copy().current_id(model_id(model.spec.model.value))
    if row is None:
        return
    if row.data["kind"] != "adapter":
        yield violation(
            f"{row.key} is a draft model ({row.data['kind']}), not an adapter",
            place_of(context, uri),
            remedy=f"Set `model` to an adapter of {base}, or remove the adapter.",
        )
    elif base not in row.data["base"]:
        yield violation(
            f"{row.key} is an adapter of {', '.join(row.data['base'])}, not of {base}",
            place_of(context, uri),
            place_of(context, model.spec.model, note="the model"),
            remedy=f"Set `model` to an adapter of {base}, or remove the adapter.",
        )


def _rank(context: Context, adapter: Adapter, row: Row) -> Violations:
    most, rank = max(row.data["ranks"]), rank_of(adapter, context.catalog.copy())
    name, usual = adapter.name.value, row.data["default_rank"]
    if rank is None:
        yield violation(
            f"the rank of adapter {name} is not known; {usual} is assumed",
            place_of(context, adapter.model),
            severity=Severity.WARNING,
            impact=f"If the rank is higher than `--max-lora-rank`, which is at least {usual}, the "
            "server ends when it loads the adapter.",
            remedy="Set `rank: N` on the adapter, with `r` of its adapter_config.json.",
        )
    elif rank.value > most:
        yield violation(
            f"adapter {name} has rank {rank.value}; vLLM allows at most {most}",
            place_of(context, adapter.rank),
            remedy=f"Use an adapter with a rank of at most {most}.",
        )
