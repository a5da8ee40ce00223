"""A container that the LimitRange of its namespace does not allow."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stackgen.checks.composed import in_one_set
from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.facts.quantity import QuantityError, parse
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record


@record
class _Range:
    """The entry of a LimitRange for containers, and which of its entries it is."""

    resource: Resource
    index: int
    limit: Mapping[str, Any]

    def place(self, bound: str, name: str) -> Place:
        return Place(self.resource, ("spec", "limits", self.index, bound, name))


def check(context: Context) -> Violations:
    """Limits and requests out of bounds, and requests above the limit that the range gives."""
    ranges = [
        _Range(one, i, limit)
        for one in context.bundle.of_kind("LimitRange", "")
        for i, limit in maps(one.get("spec", "limits"))
        if limit.get("type") == "Container"
    ]
    for pod in pod_specs(context) if ranges else ():
        for one in ranges:
            space = one.resource.namespace
            beside = space or in_one_set(context, one.resource, pod.resource)
            if pod.namespace == space and beside:
                for path, container in pod.containers():
                    yield from _bounds(pod, path, container, one)
                    yield from _defaults(pod, path, container, one)


def _bounds(pod: PodSpec, path: Path, container: dict[str, Any], one: _Range) -> Violations:
    """What a container sets, against the bounds."""
    resources = as_dict(container.get("resources"))
    for word, bound, above in (("limits", "max", True), ("requests", "min", False)):
        given = as_dict(resources.get(word))
        for name, most in as_dict(one.limit.get(bound)).items():
            here, there = _value(given.get(name)), _value(most)
            if here is None or there is None or here == there:
                continue
            if (here > there) is above:
                yield violation(
                    f"container {container.get('name')} has {word}.{name} "
                    f"{given[name]}, and LimitRange {one.resource.name} allows "
                    f"{'at most' if above else 'at least'} {most}",
                    pod.place(*path, "resources", word, str(name)),
                    one.place(bound, str(name)),
                )


def _defaults(pod: PodSpec, path: Path, container: dict[str, Any], one: _Range) -> Violations:
    """Requests above the limit that a container without one gets: `default`, or else `max`."""
    if pod.resource.group == "serving.kserve.io":
        return  # a preset or the webhook may set the limit
    resources = as_dict(container.get("resources"))
    limits, requests = as_dict(resources.get("limits")), as_dict(resources.get("requests"))
    own = as_dict(one.limit.get("default"))
    for name, default in {**as_dict(one.limit.get("max")), **own}.items():
        here, there = _value(requests.get(name)), _value(default)
        if name in limits or here is None or there is None or here <= there:
            continue
        field = "default" if name in own else "max"
        yield violation(
            f"container {container.get('name')} requests {requests[name]} of {name} and sets no "
            f"limit; LimitRange {one.resource.name} gives it the limit {default}",
            pod.place(*path, "resources", "requests", str(name)),
            one.place(field, str(name)),
            impact="No Pod is created (event FailedCreate, Invalid value: must be less than or "
            "equal to the limit).",
            remedy=f"Set `limits.{name}` of the container, or a larger `{field}`.",
        )


def _value(given: Any) -> Decimal | None:
    try:
        return None if given is None or isinstance(given, bool) else parse(str(given))
    except QuantityError:
        return None
