"""Shell scripts whose text is wrong as a whole: variables, the shell, and what follows a failure.

Rules see the commands of scripts; the command line has the texts, so it calls this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from stackgen.checks.gitops.script_flags import flags_alone
from stackgen.escape import visible
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.manifest import shell
from stackgen.manifest.document import Mark, Source
from stackgen.record import record
from stackgen.regex import regex
from stackgen.spelling import misspelled

_SHEBANG = regex(r"\A#![ \t]*(\S+)(?:[ \t]+([^\n]*))?")
_STOPS = regex(r"(?m)^\s*set\s+(?:-\w+\s+)*(?:-\w*e|-o\s+errexit)|^\s*trap\b[^\n]*\bERR\b")
# A test, and an `exit` in parentheses where it fails.
_EXITS = regex(r"\|\|\s*(\([^()\n]*\bexit\s+[1-9]\d*\s*;?\s*\))(?!\s*(?:\|\||&&))")
_HERE = regex(r"(?<!<)<<-?\s*(?P<quote>['\"\\]?)(?P<word>\w+)['\"]?")
_COMMENT = regex(r"(?:\A|(?<=\s))#.*")
_REDIRECTED = regex(r"\d?>&\d|&?\d?>{1,2}\s*\S+")
# What makes another cluster the current one, as a command whose failure nothing handles.
_SELECTS = regex(
    r"\s*(?:gcloud\s+(?:[a-z]+\s+)?container\s+clusters\s+(?:get-credentials|create|create-auto)"
    r"|kubectl\s+config\s+use-context|kubectx)\s[^|&;]*\Z"
)
_CHANGES = regex(
    r"(?:\A|[;&|]|\b(?:do|then|else|if)\b)\s*(?:(?:kubectl|oc)\s+"
    r"(?:(?:-n\s*|--namespace[= ])\S+\s+)?"
    r"(?:apply|create|delete|patch|replace|scale|annotate|label)\b"
    r"|helm\s+(?:install|upgrade|uninstall)\b|flux\s+bootstrap\b)"
)
_CHECKED = regex(r"\$\?|current-context|\bcluster-info\b")
# What only Bash and its relatives have, at the place of a command.
_AT = r"(?:\A|[;&|]|\b(?:if|elif|while|until|then|do|else)\b|!)\s*"
_BASH = (
    (regex(_AT + r"\[\[\s"), "[["),
    (regex(_AT + r"source\s+[\w\"'$./]"), "source"),
    (regex(_AT + r"set\s+-\w*o\s+pipefail\b"), "pipefail"),
    (regex(_AT + r"function\s+[\w-]+\s*(?:\(\s*\))?\s*\{"), "function"),
    (regex(_AT + r"(?:local\s+|declare\s+-\w+\s+)?\w+=\((?!\()"), "an array"),
    (regex(r"<<<\s*[\"'$\w]"), "<<<"),
)
_POSIX = frozenset({"/bin/sh", "sh", "/usr/bin/sh"})
_ASSIGNED = regex(r"(?m)^[ \t]*(?:export\s+|readonly\s+)?([A-Z][A-Z0-9_]*)=(?=\S)")
_USED = regex(r"(?<!\\)\$(?:\{([A-Z][A-Z0-9_]*)\}|([A-Z][A-Z0-9_]*)\b)")
# A name other than as `$NAME` and `${NAME}`.
_BARE = regex(r"(?<![$\w])(?<!\$\{)([A-Z][A-Z0-9_]*)\b|\$\{([A-Z][A-Z0-9_]*)[^}\w]")
_QUOTED = regex(r"'[^'\n]*'")
_TEXT = regex(r"\"[^\"\n]*\"")
# A script of a container runs with the shell of its image, which may know more.
_SETS_UP = regex(r"\b(?:kubectl|oc|gcloud|helm|helmfile|flux|argocd|terraform|kustomize)\b")


@record
class Line:
    """A line of a script that the shell runs, without its comment."""

    number: int
    text: str


def findings(files: Sequence[Source]) -> Iterator[Finding]:
    """What is wrong with the shell scripts among files."""
    texts = {one.name: one.text for one in files if one.name.endswith(shell.SUFFIXES)}
    sourced = {one: shell.sourced(one, texts) for one in texts}
    library = {text for others in sourced.values() for text in others}
    for source in files:
        if source.name not in texts or source.text in library:
            continue
        lines = list(_lines(source.text))
        yield from _continues(source, lines, sourced[source.name])
        if not any(map(_STOPS.search, sourced[source.name])):
            yield from _exits(source)
        yield from _of_bash(source, lines)
        yield from _of_flags(source)
        yield from _unset(source, lines, sourced[source.name], texts)


def _of_flags(source: Source) -> Iterator[Finding]:
    """One finding for each command that ends before its flags."""
    told: set[int] = set()
    for number, flag, before in flags_alone(source.text):
        if before not in told:
            told.add(before)
            yield rule_named("script-flag-alone").finding(
                f"the shell runs {flag} as a command: line {before} ends the command above it",
                place(source, number),
            )


def leaves_subshell(script: str) -> Iterator[tuple[int, str]]:
    """The lines of a script without `set -e` where `(exit 1)` leaves a subshell only."""
    if "exit" not in script or "||" not in script or _STOPS.search(script):
        return
    for number, line in enumerate(script.split("\n"), 1):
        found = _EXITS.search(_COMMENT.sub("", line))
        if found is not None:
            yield number, found[1]


def _exits(source: Source) -> Iterator[Finding]:
    """One finding for each script."""
    shebang = _SHEBANG.match(source.text)
    options = (shebang[2] or "").split()[-1:] if shebang is not None else []
    if any(one.startswith("-") and "e" in one for one in options):
        return
    for number, said in leaves_subshell(source.text):
        yield rule_named("script-exit-subshell").finding(
            f"the script goes on after {visible(said)}: the parentheses are a subshell, and there "
            "is no `set -e`",
            place(source, number),
        )
        return


def place(source: Source, number: int) -> Place:
    """A line of a script."""
    text = source.text.split("\n")[number - 1]
    start = len(text) - len(text.lstrip())
    return Place(
        file=source.name, text=source.text, mark=Mark(number, start + 1, len(text.rstrip()) + 1)
    )


def _lines(text: str) -> Iterator[Line]:
    """The lines without comments and without the bodies of here-documents; continued ones as one.

    The body of a here-document in which the shell fills in variables follows as lines, too.
    """
    end, quoted, joined, first = "", False, "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if end:
            if line.strip() == end:
                end = ""
            elif not quoted:
                yield Line(number, "# " + line)
            continue
        if line.lstrip().startswith("#"):
            continue
        first, joined = (first, joined + line) if joined else (number, line)
        if joined.endswith("\\"):
            joined = joined[:-1] + " "
            continue
        here = _HERE.search(joined)
        if here is not None:
            end, quoted = here["word"], bool(here["quote"])
        yield Line(first, _COMMENT.sub("", joined))
        joined = ""


def _continues(source: Source, lines: list[Line], sourced: list[str]) -> Iterator[Finding]:
    """One finding for each script, at the first command that may act on another cluster."""
    shebang = _SHEBANG.match(source.text)
    options = (shebang[2] or "").split()[-1:] if shebang is not None else []
    if any(one.startswith("-") and "e" in one for one in options):
        return
    if any(map(_STOPS.search, (source.text, *sourced))) or _CHECKED.search(source.text):
        return
    selects: Line | None = None
    for line in lines:
        if _SELECTS.match(_REDIRECTED.sub("", line.text)):
            selects = line
        elif selects is not None and _CHANGES.search(line.text) and "--context" not in line.text:
            yield rule_named("script-continues").finding(
                f"if line {selects.number} fails, this command changes the cluster that is "
                "current then: the script has no `set -e`",
                place(source, line.number),
            )
            return


def _of_bash(source: Source, lines: list[Line]) -> Iterator[Finding]:
    """One finding for each script, at its first line that the shell of its first line lacks."""
    shebang = _SHEBANG.match(source.text)
    if shebang is None:
        return
    program = (shebang[2] or "").split()[:1] if shebang[1].endswith("/env") else [shebang[1]]
    if _POSIX.isdisjoint(program) or not _SETS_UP.search(source.text):
        return
    for line in lines:
        plain = _TEXT.sub('""', _QUOTED.sub("''", line.text))
        for pattern, word in _BASH:
            if not plain.startswith("# ") and pattern.search(plain):
                yield rule_named("script-shell").finding(
                    f"the script runs with sh, and line {line.number} uses {word}",
                    place(source, line.number),
                )
                return


def _unset(
    source: Source, lines: list[Line], sourced: list[str], texts: Mapping[str, str]
) -> Iterator[Finding]:
    """One finding for each variable that nothing sets, if one of a similar name is not used."""
    assigned = {name for text in (source.text, *sourced) for name in _ASSIGNED.findall(text)}
    plain = [(line, _QUOTED.sub("''", line.text)) for line in lines]
    uses = [(line, a or b) for line, text in plain for a, b in _USED.findall(text)]
    used = {name for _, name in uses}
    free = [x for x in assigned if f"${x}" not in source.text and f"{{{x}" not in source.text]
    if not free:
        return
    bare = _bare((source.text, *texts.values()))
    told: set[str] = set()
    for line, name in uses:
        near = [] if name in bare or name in told else [x for x in free if _alike(name, x)]
        if len(near) == 1 and near[0] not in used:
            told.add(name)
            yield rule_named("script-variable").finding(
                f"nothing sets `${visible(name)}`; the script sets {near[0]} and does not use it",
                place(source, line.number),
            )


def _bare(texts: Iterable[str]) -> frozenset[str]:
    """The names that stand in the texts other than as the value of a variable."""
    found = (pair for text in texts for pair in _BARE.findall(text))
    return frozenset(name for pair in found for name in pair if name)


def _alike(one: str, other: str) -> bool:
    """Whether a letter differs, or one of two names has a word more at its end or its begin."""
    few, many = sorted((one.split("_"), other.split("_")), key=len)
    longer = len(many) == len(few) + 1 and few in (many[1:], many[:-1])
    return longer or misspelled(one.replace("_", "-"), other.replace("_", "-"))
