"""Two things of one kind with one name, or one namespace for gateway and models."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation

_LISTS = (
    ("node pools", ("cluster", "nodePools")),
    ("models", ("serving", "models")),
    ("listeners", ("gateway", "listeners")),
    ("clients", ("gateway", "authentication", "apiKeys")),
    ("tenants", ("gateway", "tenants")),
)


def check(context: SpecContext) -> Violations:
    """One finding for each name that comes a second time."""
    for what, steps in _LISTS:
        first: dict[str, tuple[str | int, ...]] = {}
        for path, item in context.items(*steps):
            name = item.get("name")
            if not isinstance(name, str):
                continue
            if name in first:
                yield violation(
                    f"two {what} have the name {name!r}",
                    context.place(*path, "name"),
                    context.place(*first[name], "name", note="the first one"),
                )
            first.setdefault(name, path)
    yield from _namespaces(context)


def _namespaces(context: SpecContext) -> Violations:
    """Gateway and models have a namespace each, because policies deny all in both."""
    if as_dict(context.spec.get("network")).get("defaultDeny") is False:
        return
    gateway, serving = (as_dict(context.spec.get(part)) for part in ("gateway", "serving"))
    name = serving.get("namespace")
    if isinstance(name, str) and gateway.get("namespace") == name:
        yield violation(
            f"the gateway and the models have the same namespace {name!r}",
            context.place("spec", "gateway", "namespace"),
            context.place("spec", "serving", "namespace", note="of the models"),
            remedy="Set `spec.gateway.namespace` to another namespace, or "
            "`spec.network.defaultDeny: false`.",
        )
