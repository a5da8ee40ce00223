"""A model whose fit cannot be judged."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.escape import visible
from stackgen.findings.model import Violations, violation
from stackgen.plan.dimensions import model_id
from stackgen.plan.fit import GIB
from stackgen.plan.model import ModelPlan
from stackgen.spelling import did_you_mean_model, nearest_model

LONGEST = 100  # characters of an id that are compared


def check(context: Context) -> Violations:
    """One finding for each model without the sizes that the fit needs."""
    if context.plan is None or context.loaded is None:
        return
    catalog = context.catalog.copy()
    for model in context.plan.models:
        missing = model.server.size.missing
        if missing:
            name = model_id(model.spec.model.value)
            listed = not name or catalog.model(name) is not None
            names = catalog.names("model")
            hint = "" if listed else _hint(name[:LONGEST], names)
            yield violation(
                f"{model.spec.name.value}: memory fit not checked: the model is not in the "
                "catalog; missing "
                f"{', '.join(missing)}{_least(model)}{hint}",
                place_of(context, model.spec.model),
                remedy="" if listed else _remedy(model.spec.model.value, names),
            )


def _remedy(address: str, listed: list[str]) -> str:
    """The model that is meant, or where its sizes are; that of the page for other addresses."""
    if not address.startswith("hf://"):
        return ""
    name = model_id(address)
    config = f"https://huggingface.co/{visible(name)}/resolve/main/config.json"
    other = f"ownload {config}, and set `config` to its path."
    near = nearest_model(name[:LONGEST], listed)
    return f"Write `model: hf://{near}`. If the name is right, d{other}" if near else f"D{other}"


def _hint(name: str, listed: list[str]) -> str:
    """The model that this is a variant of, in other numbers or of another owner; else the nearest.

    A variant is called like the model and more: `RedHatAI/Qwen3-32B-FP8-dynamic`.
    """
    bare = name.rpartition("/")[2].lower()
    bases = [one for one in listed if bare.startswith(one.rpartition("/")[2].lower() + "-")]
    if bases:
        base = max(bases, key=len)
        return f'; if it is a variant of "{base}", set its dimensions and bytesPerParameter'
    return did_you_mean_model(name, listed)


def _least(model: ModelPlan) -> str:
    least = model.server.size.at_least
    return f"; its name says at least {least.value / GIB:.1f} GiB" if least is not None else ""
