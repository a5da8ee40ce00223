"""A container of a Pod template that the Pods do not have, without an image."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.escape import visible
from stackgen.facts.shape import at, maps
from stackgen.findings.model import Violations, violation
from stackgen.plan.picker import CONTAINER


def check(context: SpecContext) -> Violations:
    """One finding for each such container of a model's Pods, or of its endpoint picker's."""
    row = context.catalog.release(str(context.spec.get("release")))
    section = row.data.get(str(row.data["platform"]), {}) if row is not None else {}
    server = section.get("container")
    for path, model in context.items("serving", "models"):
        for owner, own in (((), server), (("picker",), CONTAINER)):
            steps = (*owner, "template", "spec", "containers")
            for i, container in maps(at(model, *steps)):
                name = container.get("name")
                if own and isinstance(name, str) and name != own and not container.get("image"):
                    whose = "the endpoint picker's" if owner else "the model server's"
                    yield violation(
                        f"container {visible(name)} has no image, and {whose} has the name {own}",
                        context.place(*path, *steps, i, "name"),
                        remedy=f"Write `name: {own}`, or set `image` for a further container.",
                    )
