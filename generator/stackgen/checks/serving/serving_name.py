"""A name of which no Service can be made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.names import LONGEST

RULE = rule_named(__name__)


_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?\Z")
_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?\Z")


def check(context: Context) -> Iterator[Finding]:
    """Names that the API server takes and the controller cannot use."""
    for service in services(context):
        name = service.name
        if not _SUBDOMAIN.match(name):
            continue  # refused as a name, which the schema says
        place = service.place("metadata", "name")
        if "." in name:
            yield RULE.finding(
                f"{name} has a dot, which is not allowed in the name of a Service", place
            )
        elif not _LABEL.match(name):
            yield RULE.finding(
                f"{name} does not start with a letter, which the name of a Service requires", place
            )
        elif len(name) > LONGEST:
            yield RULE.finding(
                f"the name has {len(name)} characters; at most {LONGEST} are allowed as a label "
                "of pods",
                place,
            )
