"""An export as a whole: what is chosen, as objects of one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackgen.checks.policy.headers import Policy
from stackgen.enforce import admission, choice, gatekeeper
from stackgen.enforce.model import Form, Settings
from stackgen.record import record

_BUNDLES = {"gatekeeper": gatekeeper.bundle, "vap": admission.bundle}


@record
class Export:
    """objects: each with its file, in the order of application. left_out: with the reasons."""

    objects: tuple[tuple[str, dict[str, Any]], ...]
    left_out: tuple[choice.LeftOut, ...]


def export(policies: Sequence[Policy], form: Form, settings: Settings) -> Export:
    """The objects that put `policies` into force."""
    chosen, left_out = choice.choose(policies, form, settings.profile)
    return Export(tuple(_BUNDLES[form](chosen, settings)), tuple(left_out))
