"""Two things of one kind with one name, or one namespace for gateway and models."""

from __future__ import annotations

from itertools import count

from stackgen.checks.context import SpecContext
from stackgen.escape import visible
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

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
                    remedy=_rename(context, path[:-1], name),
                )
            first.setdefault(name, path)
    yield from _namespaces(context)


def _rename(context: SpecContext, path: Path, name: str) -> str:
    """What to write instead: the name that an overlay has for an item that the base lacks."""
    loaded, base = context.loaded, context.loaded.sources[0]
    names = {
        item["name"]: loaded.node((*where, "name")).source
        for where, item in context.items(*map(str, path[1:]))
        if isinstance(item.get("name"), str)
    }
    new = [other for other, source in names.items() if source != base]
    numbers = (number for number in count(2) if f"{name}-{number}" not in names)
    other = new[0] if len(new) == 1 else f"{name}-{next(numbers)}"
    return f"Rename one of the two, for example `name: {visible(other)}`."


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
