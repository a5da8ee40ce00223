"""A config that is not in the input."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.provided import provided
from stackgen.checks.serving.view import services
from stackgen.facts.shape import maps, plain, text
from stackgen.findings.model import Severity, Violations, violation
from stackgen.platforms.kserve.names import CONFIG_KIND
from stackgen.platforms.kserve.presets import PIPELINE, PREFIX, SUFFIXES
from stackgen.spelling import did_you_mean


def check(context: Context) -> Violations:
    """A note for names that are not known here; a warning for what looks like a preset."""
    for service in services(context):
        unknown = service.expanded().effective.unknown
        for i, ref in maps(service.spec.get("baseRefs")):
            name = text(ref.get("name"))
            if name not in unknown or not plain(name):
                continue
            place = service.place("spec", "baseRefs", i, "name")
            if name.startswith(PREFIX):
                known = [PREFIX + s for s in (*SUFFIXES, PIPELINE)]
                yield violation(
                    f"no release has a preset {name}{did_you_mean(name, known)}",
                    place, severity=Severity.WARNING,
                )  # fmt: skip
            else:
                missing = provided(context).missing(
                    CONFIG_KIND, service.namespace, name, service.resource
                )
                severity, hint = missing or (None, "")
                yield violation(
                    f"config {name} is not in the input{hint}", place, severity=severity
                )
