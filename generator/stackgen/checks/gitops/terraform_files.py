"""Terraform files that Terraform cannot read, or that name what is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from stackgen.escape import visible
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest import shell, terraform
from stackgen.manifest.document import Source
from stackgen.reading import listing
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_OTHERS = (".tf", ".tf.json", ".tofu", ".tofu.json")
_MODULE = regex(r'(?m)^[ \t]*(?:terraform|(?:provider|variable)[ \t]+"?[\w-]+"?)[ \t]*\{')
_TERRAGRUNT = "terragrunt.hcl"


def findings(files: Sequence[Source]) -> Iterator[Finding]:
    """What is wrong with files, and with the folders that they are in."""
    yield from _unclosed(files)
    folders: dict[str, list[Source]] = {}
    for source in files:
        if source.name.endswith(terraform.SUFFIXES):
            folders.setdefault(os.path.dirname(source.name), []).append(source)
    written = any(s.name.endswith(shell.SUFFIXES) and ".tf" in s.text for s in files)
    for folder, sources in folders.items():
        if not written and _is_whole(folder, sources):
            yield from _undeclared(sources)
            given = [x for x in files if x.name.endswith(terraform.VALUES)]
            here = [x for x in given if os.path.dirname(x.name) == folder]
            yield from _unread(here, sources)


def _is_whole(folder: str, sources: Sequence[Source]) -> bool:
    """Whether these are all files of a module, and can be read."""
    if not os.path.isdir(folder or "."):
        return False
    names = listing(folder or ".")
    known = {os.path.basename(source.name) for source in sources}
    others = [n for n in names if n.endswith(_OTHERS) and n not in known]
    above = folder
    while above and above != os.sep:  # Terragrunt adds files
        if os.path.exists(os.path.join(above, _TERRAGRUNT)):
            return False
        above = os.path.dirname(above)
    return not others and all(terraform.unclosed(source.text) is None for source in sources)


def _undeclared(sources: Sequence[Source]) -> Iterator[Finding]:
    """One finding for each name."""
    there = {name for source in sources for name in terraform.declared(source.text)}
    named = {name for source in sources for name, _ in terraform.references(source.text)}
    module = any(_MODULE.search(source.text) for source in sources)
    # A folder of variables and locals only is there to be linked.
    module = module and any("." in name and not name.startswith("var.") for name in there)
    if not module or 2 * len(named - there) > len(named):
        return  # files that others link or copy into their folders
    for source in sources:
        for name, mark in terraform.references(source.text):
            if name not in there:
                place = Place(file=source.name, text=source.text, mark=mark)
                own = [one for one in there if one.partition(".")[0] == name.partition(".")[0]]
                said = f"no file of this folder declares {name}{did_you_mean(name, own)}"
                there.add(name)
                yield rule_named("terraform-undeclared").finding(said, place)


def _unread(given: Sequence[Source], sources: Sequence[Source]) -> Iterator[Finding]:
    """One finding for each file of values, at the first whose variable is not declared."""
    names = [name for source in sources for name in terraform.declared(source.text)]
    there = {name.partition(".")[2] for name in names if name.startswith("var.")}
    for source in given if there else ():
        values = terraform.given(source.text)
        free = [name for name in values if name not in there]
        if free:
            place = Place(file=source.name, text=source.text, mark=values[free[0]].mark)
            more = f" and {len(free) - 1} more" if len(free) > 1 else ""
            said = f"no file of this folder declares the variable {visible(free[0])}{more}"
            yield rule_named("terraform-undeclared").finding(
                f"{said}{did_you_mean(free[0], there)}", place, severity=Severity.WARNING
            )


def _unclosed(files: Sequence[Source]) -> Iterator[Finding]:
    """One finding for each file with something that is not closed."""
    rule = rule_named("terraform-syntax")
    for source in files:
        if source.name.endswith(terraform.SUFFIXES):
            found = terraform.unclosed(source.text)
            if found is not None:
                mark, what = found
                place = Place(file=source.name, text=source.text, mark=mark)
                text = source.text.splitlines()[mark.line - 1].strip()
                said = "closes nothing" if text[:1] in "}])" else "is not closed"
                yield rule.finding(f"a {what} of line {mark.line} {said}", place)
