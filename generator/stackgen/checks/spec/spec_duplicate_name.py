"""Two things of one kind with one name."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="spec-duplicate-name",
    family="spec",
    severity=Severity.ERROR,
    summary="Two node pools, models or listeners have the same name.",
    impact="One would overwrite the other in the cluster.",
    remedy="Give each its own name.",
    source="Kubernetes: names are unique per kind and namespace; Gateway API: per Gateway",
    bad="listeners: [{name: http, port: 80}, {name: http, port: 8080}]",
    good="listeners: [{name: http, port: 80}, {name: alt, port: 8080}]",
)

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
                    f"two {what} are called {name!r}",
                    context.place(*path, "name"),
                    context.place(*first[name], "name", note="the first one"),
                )
            first.setdefault(name, path)
