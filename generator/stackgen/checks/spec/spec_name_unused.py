"""A name or a setting of a Service or of an endpoint picker that the model does not have."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.escape import visible
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation

_OF_PICKERS = (("names", "pool"), ("names", "picker"))
_OF_SERVICES = (("names", "service"), ("service", "port"), ("service", "type"))


def check(context: SpecContext) -> Violations:
    """One finding for each such field."""
    for path, model in context.items("serving", "models"):
        picked = model.get("scheduler", True) is not False
        name = visible(str(model.get("name", "a model")))
        other = f"`scheduler: {str(not picked).lower()}`"
        has = "an endpoint picker and no Service" if picked else "a Service and no endpoint picker"
        for outer, field in _OF_SERVICES if picked else _OF_PICKERS:
            if as_dict(model.get(outer)).get(field) is not None:
                yield violation(
                    f"{name} has {has}, so {outer}.{field} has no effect",
                    context.place(*path, outer, field, key=True),
                    remedy=f"Remove `{outer}.{field}`, or set {other}.",
                )
