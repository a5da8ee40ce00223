"""A Secret for SSH without the keys that Flux reads."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.provided import provided
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation

_NEEDED = ("identity", "known_hosts")


def check(context: Context) -> Violations:
    """One finding for each GitRepository whose Secret, with all of its keys, is in the input."""
    for source in context.bundle.of_kind("GitRepository", "source.toolkit.fluxcd.io"):
        name = text(source.get("spec", "secretRef", "name"))
        ssh = text(source.get("spec", "url")).startswith("ssh://")
        if not ssh or not name or not plain(name) or source.get("spec", "suspend") is True:
            continue
        if any((r.kind, r.name) == ("Secret", name) for r in context.bundle.outside):
            continue  # a script may make it for another cluster
        sets = provided(context).keys("Secret", source.namespace, name, source)
        lacking = [key for key in _NEEDED if sets and all(key not in keys for keys in sets)]
        if lacking:
            yield violation(
                f"Secret {name} has no key {' and no key '.join(lacking)}, and the address of the "
                "source begins with ssh://",
                Place(source, ("spec", "secretRef", "name")),
            )
