"""Credentials that are written out in scripts and in files of Terraform.

Rules see what these make; the command line has the texts, so it calls this.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from stackgen.escape import visible
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest import terraform
from stackgen.manifest.document import Mark, Source
from stackgen.redact import credentials
from stackgen.regex import regex

_LITERAL = regex(
    r"--from-literal[= ][\"']?(?P<key>[\w.-]{1,80})="
    r"(?P<value>[^\s\"'$<{`\\|;]{6,200})(?=[\s\"']|\Z)"
)
_SECRET = regex(r"(?i)(?:\A|[_.-])(?:token|key|password|passwd|client[_-]secret)\Z")
_PUBLIC = regex(
    r"(?i)(?:public|ssh|kms|crypto|cache|partition|pub|tls)[_-]?key\Z|kms|secret[_-]?name"
)
# What stands for a value, and what is none.
_STANDS = regex(
    r"(?i)your|change|example|dummy|placeholder|replace|todo|xxx|\*\*\*|\.\.\.|^\[|^test|^fake|^none$"
    r"|^(?:/|\./|projects/|https?://|arn:)|^[\d.]+$|^(?:true|false)$"
)
_SAMPLE = regex(r"(?i)example|sample|template")
_LEAST = 8  # different characters of a token
# Shapes that samples often have, and that are no credential there.
_LOOSE = frozenset({"a password in an address", "a bearer token", "a JSON web token"})


def findings(files: Sequence[Source]) -> Iterator[Finding]:
    """One finding for each line."""
    rule = rule_named("secrets-no-inline-token")
    for source in files:
        told: set[int] = set()
        for start, end, what in credentials(source.text):
            value = source.text[start:end]
            line = source.text.count("\n", 0, start) + 1
            stands = len({*value}) < _LEAST or _STANDS.search(value)
            if line not in told and what not in _LOOSE and not stands:
                told.add(line)
                yield rule.finding(f"the value looks like {what}", _place(source, start, end))
        for start, end, key in _named(source):
            line = source.text.count("\n", 0, start) + 1
            if line not in told:
                told.add(line)
                said = f"the value of {visible(key)} is written out"
                yield rule.finding(said, _place(source, start, end), severity=Severity.WARNING)


def _named(source: Source) -> Iterator[tuple[int, int, str]]:
    """Where the values begin and end that are secret by their names, and the name."""
    if source.name.endswith(terraform.VALUES):
        sample = _SAMPLE.search(os.path.basename(source.name))
        for name, one in terraform.given(source.text).items() if not sample else ():
            value = one.value
            if isinstance(value, str) and len(value) >= 6 and _is_secret(name, value):
                start = _offset(source.text, one.mark)
                yield start, start + one.mark.end_column - one.mark.column, name
        return
    for found in _LITERAL.finditer(source.text):
        begin = source.text.rfind("\n", 0, found.start()) + 1
        comment = source.text[begin : found.start()].lstrip().startswith("#")
        if not comment and _is_secret(found["key"], found["value"]):
            yield *found.span("value"), found["key"]


def _is_secret(name: str, value: str) -> bool:
    named = _SECRET.search(name) and not _PUBLIC.search(name)
    return bool(named) and not _STANDS.search(value) and "$" not in value


def _offset(text: str, mark: Mark) -> int:
    at = 0
    for _ in range(mark.line - 1):
        at = text.index("\n", at) + 1
    return at + mark.column - 1


def _place(source: Source, start: int, end: int) -> Place:
    line = source.text.count("\n", 0, start) + 1
    column = start - source.text.rfind("\n", 0, start)
    last = source.text.find("\n", start)
    stop = min(end, last) if last >= 0 else end
    mark = Mark(line, column, column + stop - start)
    return Place(file=source.name, text=source.text, mark=mark)
