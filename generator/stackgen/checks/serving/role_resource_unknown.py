"""A role that names a resource as the kind is written, and not as the API calls it."""

from __future__ import annotations

from collections.abc import Mapping

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_list, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.schema.store import SchemaCatalog


def check(context: Context) -> Violations:
    """One finding for each resource that is the name of a known kind of the group."""
    names: Mapping[tuple[str, str], str] | None = None
    for kind in ("Role", "ClusterRole"):
        for role in context.bundle.of_kind(kind, "rbac.authorization.k8s.io"):
            names = context.once(_names) if names is None else names
            for i, rule in maps(role.get("rules")):
                groups = [text(group) for group in as_list(rule.get("apiGroups"))]
                for j, given in enumerate(as_list(rule.get("resources"))):
                    resource, _, rest = text(given).partition("/")
                    found = {names.get((group, resource.lower())) for group in groups}
                    right = next((x for x in found if x and x != resource), None)
                    if right is not None:
                        yield violation(
                            f"{kind} {role.name} names {visible(resource)}; the resource is "
                            f"called {right}{'/' + rest if rest else ''}",
                            Place(role, ("rules", i, "resources", j)),
                        )


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
