"""An alias of a model that stands for no model name, or for one that no server answers to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.escape import visible
from stackgen.facts.shape import maps
from stackgen.findings.model import Violation, Violations, violation
from stackgen.manifest.document import Path
from stackgen.plan.dimensions import model_id
from stackgen.spelling import did_you_mean


def check(context: SpecContext) -> Violations:
    """One finding for each alias or target that the endpoint picker cannot use."""
    for path, model in context.items("serving", "models"):
        aliases = list(maps(model.get("aliases")))
        if aliases and model.get("scheduler") is False:
            yield _finding(
                context, (*path, "aliases"), f"{_name(model)} has aliases and scheduler: false",
                "The endpoint picker replaces names, and the model has none.",
                "Remove `scheduler: false`, or `aliases`.",
            )  # fmt: skip
        served = [str(model.get("servedName") or model_id(str(model.get("model"))))]
        served += [str(adapter.get("name")) for _, adapter in maps(model.get("adapters"))]
        first: dict[str, int] = {}
        for i, alias in aliases:
            name, here = str(alias.get("name")), (*path, "aliases", i)
            if first.setdefault(name, i) != i:
                yield _finding(
                    context, (*here, "name"), f"{_name(model)} has the alias {visible(name)} twice",
                    "The endpoint picker uses the first one.", "Remove one of the two.",
                )  # fmt: skip
            yield from _targets(context, here, name, alias, served)


def _targets(
    context: SpecContext, here: Path, name: str, alias: dict[str, Any], served: list[str]
) -> Iterator[Violation]:
    targets = [(i, str(one.get("name"))) for i, one in maps(alias.get("targets"))]
    names = [target for _, target in targets]
    for i, target in targets:
        place = (*here, "targets", i, "name")
        if target not in served:
            yield _finding(
                context, place,
                f"alias {visible(name)} stands for {visible(target)}, which no server answers to"
                f"{did_you_mean(target, served)}",
                "vLLM answers requests with such a name with 404.",
                f"Set `name` to one of: {', '.join(map(visible, served))}.",
            )  # fmt: skip
        elif names.index(target) != [n for n, _ in targets].index(i):
            yield _finding(
                context, place, f"alias {visible(name)} has the target {visible(target)} twice",
                "One weight says the share of a name.", "Remove one of the two.",
            )  # fmt: skip
    if names == [name] and name in served:
        yield _finding(
            context, (*here, "targets"), f"alias {visible(name)} stands for its own name alone",
            "It would change nothing.", "Add another target, or remove the alias.",
        )  # fmt: skip


def _name(model: dict[str, Any]) -> str:
    return visible(str(model.get("name", "a model")))


def _finding(context: SpecContext, path: Path, said: str, why: str, remedy: str) -> Violation:
    return violation(said, context.place(*path), impact=f"Not rendered. {why}", remedy=remedy)
