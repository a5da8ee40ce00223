"""Two things of one kind with one name, or one namespace for gateway and models."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)

_LISTS = (
    ("node pools", ("cluster", "nodePools")),
    ("models", ("serving", "models")),
    ("listeners", ("gateway", "listeners")),
)


def check(context: SpecContext) -> Iterator[Finding]:
    """One finding for each name that comes a second time."""
    for what, steps in _LISTS:
        first: dict[str, tuple[str | int, ...]] = {}
        for path, item in context.items(*steps):
            name = item.get("name")
            if not isinstance(name, str):
                continue
            if name in first:
                yield RULE.finding(
                    f"two {what} have the name {name!r}",
                    context.place(*path, "name"),
                    context.place(*first[name], "name", note="the first one"),
                )
            first.setdefault(name, path)
    yield from _namespaces(context)


def _namespaces(context: SpecContext) -> Iterator[Finding]:
    """Gateway and models have a namespace each, with labels and policies of its own."""
    gateway, serving = (as_dict(context.spec.get(part)) for part in ("gateway", "serving"))
    name = serving.get("namespace")
    if isinstance(name, str) and gateway.get("namespace") == name:
        yield RULE.finding(
            f"the gateway and the models have the same namespace {name!r}",
            context.place("spec", "gateway", "namespace"),
            context.place("spec", "serving", "namespace", note="of the models"),
            remedy="Set `spec.gateway.namespace` to another namespace.",
        )
