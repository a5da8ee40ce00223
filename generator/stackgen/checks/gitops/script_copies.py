"""Commands that copy an object to another namespace together with what the API server wrote.

Rules see the commands of scripts; the command line has the texts, so it calls this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.checks.gitops.script_files import place
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named
from stackgen.manifest import terraform
from stackgen.manifest.document import Source
from stackgen.regex import regex

_COPY = regex(
    r"\b(?:kubectl|oc)\s[^|;&\n]{0,200}?\bget\s[^|;&\n]{0,300}?\s(?:-o|--output)[= ]?\s*"
    r"(?:ya?ml|json)\b[^|;&\n]{0,60}\|\s*sed\s[^|\n]{0,300}\bnamespace:[^|\n]{0,300}"
    r"\|\s*(?:kubectl|oc)\s[^|;&\n]{0,200}?\bapply\s"
)
# The copy is made once: where there is none, or the old one is deleted.
_ONCE = regex(
    r"\b(?:kubectl|oc)\s[^|;&\n]{0,100}?\bdelete\s+(?:secret|configmap|cm)\b"
    r"|\b(?:if|until)\s+!\s*(?:kubectl|oc)\s[^|;&\n]{0,100}?\bget\s+(?:secret|configmap|cm)\b"
)
_PRINTED = regex(r"\b(?:echo|printf|cat|log\w*)\s")
_CLEANED = ("resourceVersion", "uid", "neat", "--force")


def findings(files: Iterable[Source]) -> Iterator[Finding]:
    """One finding for each text, at the first command."""
    for source in files:
        of_terraform = source.name.endswith((*terraform.SUFFIXES, *terraform.VALUES))
        if of_terraform or _ONCE.search(source.text):
            continue
        for number, line in _joined(source.text):
            copy = _COPY.search(line)
            if copy is None or any(word in line for word in _CLEANED) or _PRINTED.search(line):
                continue
            yield rule_named("script-copy-conflict").finding(
                "the copy keeps the uid and the resourceVersion of the object that it is made from",
                place(source, number),
            )
            break


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """The lines, each with those that continue it, and the number of the first.

    A line that ends with a pipe is continued, too.
    """
    joined, first = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        plain = line.rstrip()
        if plain.lstrip().startswith("#"):
            continue
        first, joined = (first, f"{joined} {plain.strip()}") if joined else (number, plain)
        if plain.endswith(("\\", "|")):
            joined = joined.rstrip("\\")
            continue
        yield first, joined
        joined = ""
