"""Layer 2-platform: operators, operands, serving platform, in phases that delivery waits between.

namespaces, sources, gateway-api, secret-operator, secrets, operators, operands, and those of the
serving platform.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.layers.platform import gateway_api, operands, operators, secrets, sources
from stackgen.plan.model import Plan
from stackgen.platforms.registry import rendering_of
from stackgen.render.objects import Rendered

FOLDER = "2-platform"


def layer(plan: Plan) -> Iterator[Rendered]:
    """Every phase, in order."""
    yield from sources.namespaces(plan)
    yield from sources.phase(plan)
    yield from gateway_api.phase(plan)
    yield from secrets.operator_phase(plan)
    yield from secrets.phase(plan)
    yield from operators.phase(plan)
    yield from operands.phase(plan)
    yield from rendering_of(plan).install(plan)
