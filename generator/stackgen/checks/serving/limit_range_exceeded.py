"""A container that the LimitRange of its namespace does not allow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.facts.quantity import QuantityError, parse
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """Limits above `max` and requests below `min`, of containers in the same namespace."""
    ranges = [
        (one, i, limit)
        for one in context.bundle.of_kind("LimitRange", "")
        for i, limit in maps(one.get("spec", "limits"))
        if limit.get("type") == "Container" and one.namespace
    ]
    for pod in pod_specs(context) if ranges else ():
        for one, i, limit in ranges:
            if pod.namespace != one.namespace:
                continue
            for path, container in pod.containers():
                resources = as_dict(container.get("resources"))
                for word, bound, above in (("limits", "max", True), ("requests", "min", False)):
                    given = as_dict(resources.get(word))
                    for name, most in as_dict(limit.get(bound)).items():
                        here, there = _value(given.get(name)), _value(most)
                        if here is None or there is None or here == there:
                            continue
                        if (here > there) is above:
                            yield violation(
                                f"container {container.get('name')} has {word}.{name} "
                                f"{given[name]}, and LimitRange {one.name} allows "
                                f"{'at most' if above else 'at least'} {most}",
                                Place(pod.resource, (*path, "resources", word, str(name))),
                                Place(one, ("spec", "limits", i, bound, str(name))),
                            )


def _value(given: Any) -> Decimal | None:
    try:
        return None if given is None or isinstance(given, bool) else parse(str(given))
    except QuantityError:
        return None
