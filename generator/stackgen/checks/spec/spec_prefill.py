"""Prefill servers without a number, without an endpoint picker, or with autoscaling."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

_SENT = "Not rendered. Nothing would send prompts to the prefill servers."


def check(context: SpecContext) -> Violations:
    """One finding for each contradiction of a model with prefill servers."""
    names = {model.get("name"): path for path, model in context.items("serving", "models")}
    for path, model in context.items("serving", "models"):
        asked, name = model.get("prefill"), str(model.get("name", "a model"))
        if not isinstance(asked, dict):
            continue
        here = (*path, "prefill")
        if asked.get("replicas") is None:
            yield violation(
                f"{name} has prefill without replicas",
                context.place(*here, key=True),
                impact="Not rendered. The number of prefill servers is not known.",
                remedy="Add `prefill.replicas`. `stackgen plan` says how many `traffic` needs.",
            )
        yield from _others(context, here, name, model)
        other = names.get(f"{name}-prefill")
        if other is not None:
            yield violation(
                f"{name} has prefill servers, whose Deployment is {name}-prefill; a model has "
                "this name too",
                context.place(*other, "name"),
                context.place(*here, key=True, note="the prefill servers"),
                impact="Not rendered. Two objects would have one name.",
                remedy="Set another `name` on one of the models.",
            )


def _others(context: SpecContext, here: Path, name: str, model: dict[str, Any]) -> Violations:
    path = here[:-1]
    if model.get("scheduler") is False:
        yield violation(
            f"{name} has prefill and scheduler: false; only an endpoint picker chooses a prefill "
            "server for a request",
            context.place(*path, "scheduler"),
            context.place(*here, key=True, note="the prefill servers"),
            impact=_SENT,
            remedy="Remove `scheduler: false` or `prefill`.",
        )
    if isinstance(model.get("autoscaling"), dict):
        yield violation(
            f"{name} has prefill and autoscaling; a metric of one role does not say how many "
            "servers the other role needs",
            context.place(*path, "autoscaling", key=True),
            context.place(*here, key=True, note="the prefill servers"),
            impact="Not rendered. KEDA would change one role alone, so that the other limits the "
            "throughput or is idle.",
            remedy="Set `replicas` and `prefill.replicas`, and remove `autoscaling`.",
        )
