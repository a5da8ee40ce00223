"""A role that names a resource as the kind is written, and not as the API calls it."""

from __future__ import annotations

from collections.abc import Mapping

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_list, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.schema.store import SchemaCatalog

# Groups of Kubernetes all of whose resources are known, and resources for which there is no schema.
_WHOLE = frozenset(
    {"", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "rbac.authorization.k8s.io"}
)
_UNLISTED = frozenset({"*", "nodes", "pods", "events", "componentstatuses", "bindings"})


def check(context: Context) -> Violations:
    """One finding for each resource that is the name of a known kind of the group."""
    names: Mapping[tuple[str, str], str] | None = None
    for kind in ("Role", "ClusterRole"):
        for role in context.bundle.of_kind(kind, "rbac.authorization.k8s.io"):
            names = context.once(_names) if names is None else names
            granted = {
                (text(group), text(given))
                for _, rule in maps(role.get("rules"))
                for group in as_list(rule.get("apiGroups"))
                for given in as_list(rule.get("resources"))
            }
            for i, rule in maps(role.get("rules")):
                groups = [text(group) for group in as_list(rule.get("apiGroups"))]
                for j, given in enumerate(as_list(rule.get("resources"))):
                    resource, _, rest = text(given).partition("/")
                    found = {names.get((group, resource.lower())) for group in groups}
                    right = next((x for x in found if x and x != resource), None)
                    other = _other_group(names, groups, resource)
                    if other and not any((one, text(given)) in granted for one in (*other, "*")):
                        yield violation(
                            f"{kind} {role.name} names {visible(resource)} of "
                            f"{_called(groups)}; the resource is in {_called(other)}",
                            Place(role, ("rules", i, "resources", j)),
                        )
                    elif right is not None:
                        yield violation(
                            f"{kind} {role.name} names {visible(resource)}; the resource is "
                            f"called {right}{'/' + rest if rest else ''}",
                            Place(role, ("rules", i, "resources", j)),
                        )


def _other_group(
    names: Mapping[tuple[str, str], str], groups: list[str], resource: str
) -> list[str]:
    """The groups that have the resource, if it is known that those of the rule do not have it."""
    if not groups or any(group not in _WHOLE for group in groups) or resource in _UNLISTED:
        return []
    if any(names.get((group, resource)) for group in groups):
        return []
    found = {group for (group, name), right in names.items() if name == resource == right}
    # field-combination knows the groups of Kubernetes itself.
    return [] if found & (_WHOLE - {"rbac.authorization.k8s.io"}) else sorted(found)


def _called(groups: list[str]) -> str:
    return " or ".join(group or "the core group" for group in groups)


def _names(context: Context) -> dict[tuple[str, str], str]:
    """The resource by the group, and by the name of the kind or of the resource."""
    schemas = SchemaCatalog(context.schemas, context.catalog.copy().variants(context.release))
    found = {}
    for known in schemas.all():
        single = known.kind.lower()
        found[(known.group, single)] = found[(known.group, plural(single))] = plural(single)
    return found


def plural(kind: str) -> str:
    """As Kubernetes forms the name of a resource."""
    if kind == "endpoints":
        return kind
    if kind.endswith(("s", "x", "ch", "sh")):
        return f"{kind}es"
    if kind.endswith("y") and kind[-2] not in "aeiou":
        return f"{kind[:-1]}ies"
    return f"{kind}s"
