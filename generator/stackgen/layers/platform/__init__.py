"""Layer 2-platform: operators, their operands and KServe, in phases that delivery waits between.

sources, gateway-api, secret-operator, secrets, operators, operands, pki, kserve, kserve-presets.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.layers.objects import Rendered
from stackgen.layers.platform import gateway_api, kserve, operands, operators, pki, secrets, sources
from stackgen.plan.model import Plan


def layer(plan: Plan) -> Iterator[Rendered]:
    """Every phase, in order."""
    yield from sources.phase(plan)
    yield from gateway_api.phase(plan)
    yield from secrets.operator_phase(plan)
    yield from secrets.phase(plan)
    yield from operators.phase(plan)
    yield from operands.phase(plan)
    yield from pki.phase(plan)
    yield from kserve.phase(plan)
    yield from kserve.presets_phase(plan)
