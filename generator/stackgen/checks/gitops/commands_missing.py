"""Paths in commands of jobs and of a README that do not exist in the repository.

Only the command line knows which folders were read, so it calls this; rules read no disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from stackgen.escape import visible
from stackgen.facts.workflows import jobs
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Mark, Source
from stackgen.manifest.excluded import Excluded, finder
from stackgen.manifest.resource import Bundle
from stackgen.reading import listing
from stackgen.regex import regex
from stackgen.spelling import close

_PATH = r"[\"']?(?P<path>(?:\./)?[\w.@+-]+(?:/[\w.@+-]+)+/?)[\"']?(?=[\s;|&)`]|\Z)"
_COMMANDS = (
    regex(
        r"\bkubectl\s[^|;&\n]{0,200}?\b(?:apply|create|replace|diff)\s[^|;&\n]{0,200}?"
        rf"(?<=\s)(?:-f|-k|--filename|--kustomize)[= ]\s*{_PATH}"
    ),
    regex(rf"\b(?:kustomize\s+build|kubectl\s+kustomize)\s+{_PATH}"),
    regex(rf"\bhelm\s[^|;&\n]{{0,300}}?(?<=\s)(?:-f|--values)[= ]\s*{_PATH}"),
    regex(rf"(?m)(?:^|[;&]|\b(?:bash|sh|source))\s*{_PATH}"),
    regex(rf"\bterraform\s+-chdir={_PATH}"),
)
_SCRIPT = regex(r"\.(?:sh|bash|py)\Z")
# What brings or makes files, or goes to another folder.
_ELSEWHERE = regex(
    r"\bcd\s|\bpushd\s|\bgit\s+clone\b|\bmktemp\b|\b(?:tar|unzip)\s|\bcurl\b[^\n]*\s-[oO]|\bwget\b"
    r"|\bhelm\s+(?:pull|fetch)\b|\bmkdir\b"
)
_REMOTE = regex(r"\A(?:[\w-]+\.)+(?:com|org|io|dev|net)/|\A[\w.-]+@")
_COMMENT = regex(r"(?m)^[ \t]*#.*$")
_README = "README.md"
_BRINGS = ("actions/download-artifact@", "actions/cache@")
_CHECKOUT = "actions/checkout@"


def findings(bundle: Bundle, pages: Sequence[Source], paths: Sequence[str]) -> Iterator[Finding]:
    """One finding for each path.

    pages: the commands in Markdown files. paths: of files and folders that were read.
    """
    rule = rule_named("file-missing")
    tops = [os.path.normpath(path) for path in paths if os.path.isdir(path)]
    excluded = finder(Excluded())
    for job in jobs(bundle):
        top = os.path.dirname(os.path.dirname(os.path.dirname(job.workflow.file))) or "."
        own = [step for step in job.steps if step.uses.startswith(_CHECKOUT)]
        moved = any({"repository", "path"} & step.inputs.keys() for step in own)
        brought = any(step.uses.startswith(_BRINGS) for step in job.steps)
        runs = "\n".join(step.run for step in job.steps)
        if (
            not own
            or moved
            or brought
            or _ELSEWHERE.search(runs)
            or "working-directory" in str(job.workflow.data)
        ):
            continue
        for step in job.steps:
            for path, _ in _missing(step.run, top):
                if not excluded(os.path.join(top, path), False, top):
                    yield rule.finding(
                        f"there is no {visible(path)}",
                        job.place((*step.path, "run")),
                        severity=Severity.WARNING,
                    )
    for page in pages:
        top, name = os.path.split(page.name)
        if name == _README and (top or ".") in tops and not _ELSEWHERE.search(page.text):
            yield from _of_readme(page, top)


def _of_readme(page: Source, top: str) -> Iterator[Finding]:
    """The paths in commands, each if the folder has a file of almost the name."""
    for path, at in _missing(page.text, top):
        folder, name = os.path.split(path.rstrip("/"))
        near = close(name, listing(os.path.join(top, folder)))
        if near is not None:
            before = page.text[:at]
            line = before.count("\n") + 1
            column = len(before) - before.rfind("\n")
            mark = Mark(line, column, column + len(path))
            yield rule_named("file-missing").finding(
                f"there is no {visible(path)}; did you mean {visible(near)}?",
                Place(file=page.name, text=page.text, mark=mark),
                severity=Severity.WARNING,
            )


def _missing(commands: str, top: str) -> Iterator[tuple[str, int]]:
    """The paths in commands that are not there, while their folder is; and where they stand."""
    lines = _COMMENT.sub(lambda m: " " * len(m[0]), commands)
    told: set[str] = set()
    for command in _COMMANDS:
        for match in command.finditer(lines):
            path = match["path"]
            there = os.path.lexists(os.path.join(top, path))
            folder = os.path.join(top, os.path.dirname(path.rstrip("/")))
            named = os.path.basename(path)
            made = f"> {path}" in commands or f"-o {path}" in commands or f"tee {path}" in commands
            if there or made or path in told or _REMOTE.search(path) or not os.path.isdir(folder):
                continue
            if command is _COMMANDS[3] and not _SCRIPT.search(named):
                continue
            told.add(path)
            yield path, match.start("path")
