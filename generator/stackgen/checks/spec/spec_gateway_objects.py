"""Settings of a Gateway that the stack does not render."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation

_OF_GATEWAY = ("authentication", "tenants", "acme", "labels", "annotations")
_OF_REQUESTS = ("requestsPerMinute", "requestMiB", "concurrentRequests")


def check(context: SpecContext) -> Violations:
    """Each setting at its own line; nothing where the stack renders the Gateway."""
    gateway = as_dict(context.spec.get("gateway"))
    objects = gateway.get("objects", "all")
    if objects not in ("routes", "none"):
        return
    limits = as_dict(gateway.get("limits"))
    unused: list[tuple[str, ...]] = [(key,) for key in _OF_GATEWAY if gateway.get(key)]
    unused += [("limits", key) for key in _OF_REQUESTS if limits.get(key) is not None]
    for path in unused:
        name = ".".join(path)
        yield violation(
            f"gateway.{name} is set, but gateway.objects is {objects}",
            context.place("spec", "gateway", *path, key=True),
            remedy=f"Remove `gateway.objects: {objects}` or `gateway.{name}`.",
        )
    if objects == "none" and as_dict(context.spec.get("observe")).get("smokeTest") is True:
        yield violation(
            "observe.smokeTest is true, but gateway.objects is none: the Job sends its requests to "
            "the gateway",
            context.place("spec", "observe", "smokeTest"),
            impact="Not rendered. The requests of the Job would fail.",
            remedy="Remove `observe.smokeTest`, or set `gateway.objects: routes`.",
        )
