"""A name of which no Service can be made."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve.names import LONGEST
from stackgen.regex import regex

_SUBDOMAIN = regex(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?\Z")
_LABEL = regex(r"[a-z]([-a-z0-9]*[a-z0-9])?\Z")


def check(context: Context) -> Violations:
    """Names that the API server takes and the controller cannot use."""
    for service in services(context):
        name = service.name
        if not _SUBDOMAIN.match(name):
            continue  # refused as a name, which the schema says
        place = service.place("metadata", "name")
        if "." in name:
            yield violation(
                f"{name} has a dot, which is not allowed in the name of a Service", place
            )
        elif not _LABEL.match(name):
            yield violation(
                f"{name} does not start with a letter, which the name of a Service requires", place
            )
        elif len(name) > LONGEST:
            yield violation(
                f"the name has {len(name)} characters; at most {LONGEST} are allowed as a label "
                "of Pods",
                place,
            )
