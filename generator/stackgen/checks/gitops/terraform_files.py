"""Terraform files that Terraform cannot read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.manifest import terraform
from stackgen.manifest.document import Source


def findings(files: Sequence[Source]) -> Iterator[Finding]:
    """One finding for each file whose brackets do not match."""
    rule = rule_named("terraform-syntax")
    for source in files:
        if source.name.endswith(terraform.SUFFIXES):
            mark = terraform.unclosed(source.text)
            if mark is not None:
                place = Place(file=source.name, text=source.text, mark=mark)
                text = source.text.splitlines()[mark.line - 1].strip()
                said = "closes nothing" if text[:1] in "}])" else "is not closed"
                yield rule.finding(f"a bracket of line {mark.line} {said}", place)
