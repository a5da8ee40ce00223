"""Passwords in values of charts in files, helmfile, Terraform, scripts, and texts in objects.

The policy `secrets-no-inline-token` judges those of a HelmRelease and of an Application.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import texts
from stackgen.findings.model import Finding, Severity
from stackgen.findings.rules import rule_named
from stackgen.regex import regex

_KEY = regex(
    r"(?i)(?:^[a-z]*(?:password|passwd)$)"
    r"|^(?:apiKey|clientSecret|authToken|accessToken|secretAccessKey)$"
)
_OTHERS = regex(r"(?i)^(?:existing|use|enable|generate|random|auto|reset|force)")
_KEYS = regex(r"(?i)keys$|keyNames$|secretKeyRef$")
# What is filled in, what names something else, and what is no word.
_NO_LITERAL = regex(
    r"[$<{%]|^(?:ref|vault|secret|sops|ENC\[)|^/|^[\d.]+$|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$"
    r"|^(?i:true|false|enabled|disabled|null|none)$|^x+$|^\*+$"
)
_JUDGED = ("HelmRelease", "Application", "ApplicationSet")
_LEAST = 4


def check(context: Context) -> Iterator[Finding]:
    """One finding for each key of a file."""
    rule = rule_named("secrets-no-inline-token")
    said: set[tuple[str, Any]] = set()
    for given in chart_values(context.bundle):
        judged = given.holder.kind in _JUDGED and not given.inside
        for path, value in () if judged else texts(given.values):
            key = str(path[-1]) if path else ""
            one = (given.holder.file, (*given.base, *path))
            if not _KEY.search(key) or one in said or len(value) < _LEAST:
                continue
            if _OTHERS.search(key):
                continue
            if len(path) > 1 and _KEYS.search(str(path[-2])):
                continue  # the name of a key in a Secret
            said.add(one)
            if not _NO_LITERAL.search(value):
                message = f"the value {key} is written out"
                yield rule.finding(message, given.place(path), severity=Severity.WARNING)
