"""A confidential model whose key cannot be asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict, plain, text
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)
_ADDRESS = re.compile(r"kbs:///[^/\s]+/[^/\s]+/[^/\s]+")


def check(context: Context) -> Iterator[Finding]:
    """Resources that are written out, and switched on."""
    for service in view(context).services:
        said = as_dict(as_dict(service.spec.get("model")).get("confidential"))
        resource = text(said.get("resourceId"))
        if said.get("enabled") is not True or not resource or not plain(resource):
            continue
        if not _ADDRESS.fullmatch(resource):
            yield RULE.finding(
                f"{resource} is not of the form kbs:///repository/type/tag",
                service.place("spec", "model", "confidential", "resourceId"),
            )
