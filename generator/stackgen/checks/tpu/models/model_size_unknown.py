"""A model whose fit cannot be judged."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Violations, violation
from stackgen.plan.dimensions import model_id
from stackgen.plan.fit import GIB
from stackgen.plan.model import ModelPlan
from stackgen.spelling import did_you_mean

# Models of other sizes have ids that differ in a few characters: Qwen3-8B is not Qwen3-32B.
ALMOST = 0.9
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
            hint = "" if listed else _hint(name[:LONGEST], catalog.names("model"))
            yield violation(
                f"{model.spec.name.value}: memory fit not checked: the model is not in the "
                "catalog; missing "
                f"{', '.join(missing)}{_least(model)}{hint}",
                place_of(context, model.spec.model),
            )


def _hint(name: str, listed: list[str]) -> str:
    """The model that this is a variant of, in other numbers or of another owner; else the nearest.

    A variant is called like the model and more: `RedHatAI/Qwen3-32B-FP8-dynamic`.
    """
    bare = name.rpartition("/")[2].lower()
    bases = [one for one in listed if bare.startswith(one.rpartition("/")[2].lower() + "-")]
    if bases:
        base = max(bases, key=len)
        return f'; if it is a variant of "{base}", set its dimensions and bytesPerParameter'
    return _listed_like(name, listed)


def _listed_like(name: str, listed: list[str]) -> str:
    """The nearest id of the catalog: of the same numbers, or almost the same id."""
    numbers = re.findall("[0-9]+", name)
    same = [one for one in listed if re.findall("[0-9]+", one) == numbers]
    alike = [one for one in listed if SequenceMatcher(None, name, one).ratio() > ALMOST]
    return did_you_mean(name, same or alike)


def _least(model: ModelPlan) -> str:
    least = model.server.size.at_least
    return f"; its name says at least {least.value / GIB:.1f} GiB" if least is not None else ""
