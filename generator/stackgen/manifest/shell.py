"""Shell scripts that set up a cluster: the commands, and the manifests in here-documents.

Nothing is run. A variable has its value only where the script assigns one constant to it; all other
`$NAME` stay as they are.
"""

from __future__ import annotations

import re
import shlex
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from stackgen.record import record
from stackgen.regex import regex

SUFFIXES = (".sh", ".bash")
# The programs whose commands are read.
_PROGRAMS = regex(r"\b(gcloud|kubectl|oc|helm)\b")
_HERE = regex(r"(?<!<)<<(?P<tabs>-?)\s*(?P<quote>['\"\\]?)(?P<word>\w+)['\"]?")
_APPLIED = regex(r"\b(kubectl|oc)\b(?!.*\b(delete|exec)\b)|>\s*\S+\.(ya?ml|json)\b")
_ASSIGNED = regex(
    r"\s*(?:(?:export|readonly|local|declare)\s+(?:-\w+\s+)*)?(\w+)="
    r"(\"[^\"\n]*\"|'[^'\n]*'|[^\s;#|&()]*)\s*(?:[;#].*)?$"
)
_VARIABLE = regex(r"\$(?:\{(\w+)(?::?[-=]([^{}$]*))?\}|(\w+))")
# What makes another namespace the one of commands without a namespace.
OTHER_NAMESPACE = regex(r"set-context|kubens|oc project|KUBECONFIG|alias kubectl")
# The folders that a script goes to.
MOVES = regex(r"(?m)\b(?:cd|pushd)\s+[\"']?([\w./-]+)")
_MAX_DEPTH = 5
_MAX_LINE = 10_000


@record
class Command:
    """One command: its words without redirections, and the first and last line it stands on."""

    words: tuple[str, ...]
    first: int
    last: int


@record
class Script:
    """What was read of a script.

    manifests: the here-documents that are applied or written to a file of manifests, on their own
    lines, with an empty line for every other line of the script; empty when there are none.
    """

    commands: tuple[Command, ...]
    manifests: str


def read(text: str) -> Script:
    """Read a script. Text that no shell could read gives no command."""
    lines = text.split("\n")
    values = _values(lines)
    where: dict[str, list[int]] = {}
    for i, line in enumerate(lines):
        where.setdefault(line.strip(), []).append(i)
    commands: list[Command] = []
    kept = [""] * len(lines)
    at, found = 0, False
    while at < len(lines):
        first, line = at, lines[at]
        while line.endswith("\\") and at + 1 < len(lines):
            at += 1
            line = line[:-1] + " " + lines[at]
        at += 1
        if line.lstrip().startswith("#") or len(line) > _MAX_LINE:
            continue
        if _PROGRAMS.search(line):
            commands += (Command(w, first + 1, at) for w in _commands(line, values))
        here = _HERE.search(line)
        if here is None:
            continue
        ends = where.get(here["word"], [])
        after = bisect_left(ends, at)
        if after == len(ends):
            continue
        end = ends[after]
        body = [x.lstrip("\t") for x in lines[at:end]] if here["tabs"] else lines[at:end]
        if _APPLIED.search(line) and _manifests(body):
            found = True
            kept[first] = "---"
            plain = body if here["quote"] else [_expanded(x, values) for x in body]
            kept[at:end] = plain
        at = end + 1
    return Script(tuple(commands), "\n".join(kept) if found else "")


def manifests(text: str) -> str:
    """The manifests of a script; see `Script`."""
    return read(text).manifests if "<<" in text else ""


def _manifests(body: list[str]) -> bool:
    return all(any(x.startswith(key) for x in body) for key in ("apiVersion:", "kind:"))


def _values(lines: Iterable[str]) -> dict[str, str]:
    """The variables to which the script assigns one constant, or a default."""
    found: dict[str, set[str]] = {}
    for line in lines:
        if len(line) <= _MAX_LINE and (match := _ASSIGNED.match(line)) is not None:
            found.setdefault(match[1], set()).add(match[2].strip("\"'"))
    once = {name: next(iter(values)) for name, values in found.items() if len(values) == 1}
    for _ in range(_MAX_DEPTH):
        once = {name: _expanded(value, once, but=name) for name, value in once.items()}
    return {name: value for name, value in once.items() if value and "$" not in value}


def _expanded(text: str, values: dict[str, str], but: str = "") -> str:
    """The text with the values of its variables; those of unknown value stay."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        known = "" if name == but else values.get(name, "")
        return known or (match[2] or "").strip("\"'") or match[0]

    return _VARIABLE.sub(value, text) if "$" in text else text


def _commands(line: str, values: dict[str, str]) -> Iterator[tuple[str, ...]]:
    """The commands of one line that begin with a program of interest."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        for token in (*lexer, ";"):
            if not set(token) <= set("();<>|&"):
                words.append(_expanded(token, values))
                continue
            start = next((i for i, w in enumerate(words) if _PROGRAMS.fullmatch(w)), None)
            if start is not None:
                yield tuple(words[start:])
            words = []
    except ValueError:
        return
