"""Shell scripts that set up a cluster: the commands, and the manifests in here-documents.

Nothing is run. A variable has its value only where the script assigns one constant to it, or those
do that it sources, and in a loop over constants, whose commands are there for each of them; all
other `$NAME` stay as they are.
"""

from __future__ import annotations

import os
import re
import shlex
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise

from stackgen.record import record
from stackgen.regex import regex

SUFFIXES = (".sh", ".bash")
# The programs whose commands are read.
_PROGRAMS = regex(r"\b(gcloud|gsutil|kubectl|oc|helm)\b")
_HERE = regex(r"(?<!<)<<(?P<tabs>-?)\s*(?P<quote>['\"\\]?)(?P<word>\w+)['\"]?")
# A file of this name has a part of an object.
_PATCH = regex(r">\s*['\"]?[^\s'\"<>]*patch[^/\s]*\.ya?ml")
_WRITTEN = regex(r">\s*['\"]?(?:[^\s'\"<>]*/)?([^\s'\"<>/]+\.(?:ya?ml|json))")
# What merges a file into an object, or names it in a kustomization.
_MERGES = regex(
    r"(?:--patch-file[= ]|\bpatch\s[^\n]{0,300}\$\(\s*(?:cat\s|<)|\bpath:)\s*['\"]?"
    r"(?:[^\s'\"<>()]*/)?([\w.-]+)"
)
_APPLIED = regex(r"\b(kubectl|oc)\b(?!.*\b(delete|exec)\b)|>\s*\S+\.(ya?ml|json)\b")
# Assignments of a command: `export A=1 B=2`, or `A=1` without a command after it.
_STATEMENT = regex(
    r"(?:^|[;&|({]|(?<=\w)\)|\b(?:then|do|else)\s)\s*"
    r"((?:(?:export|readonly|local|declare|typeset)\s+(?:-\w+\s+)*)?)(?=\w+\+?=)"
)
_ASSIGNED = regex(r"\s*(\w+)(\+?)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s;#|&()\"'`]*)(?=(.?))")
_END = regex(r"\s*(?:[;#&|)}]|$)")
# What counts, or gives a variable one value after the other, and what another file may assign.
_COUNTED = regex(r"\b(\w+)(?:\+\+|--)|(?:\+\+|--)(\w+)|\b(\w+)\s*[-+*/%]=")
_REPEATED = regex(
    r"\b(?:for\s+(\w+)|read((?:\s+(?:-\w+|\"[^\"\n]*\"|'[^'\n]*'|\w+))+)|getopts\s+\S+\s+(\w+)"
    r"|printf\s+-v\s+(\w+))"
)
_UNREAD = regex(
    r"(?:^|[;&|{]|\b(?:then|do)\s)\s*"
    r"(?:(?:source|\.)\s+(?!\S*(?:activate|rc|profile|\.sh|\.bash)\b|<)\S|export\s+\$\()"
)
# What begins and ends loops, and a constant over which a loop goes.
_LOOP = regex(r"\b(?:for|while|until|select|done)\b")
_ITEM = regex(r"[\w./:@,=+-]+")
_NAMED = r"\$(?:\{(\w+)(?::?[-=]([^{}$]*))?\}|(\w+))"
_VARIABLE = regex(_NAMED)
# What the shell replaces by what a command prints, or by a sum.
_INSIDE = r"(?:[^()]|\([^()]*\))*"
_SUBSTITUTED = rf"\$\(\({_INSIDE}\)\)|\$\({_INSIDE}\)|`[^`]*`"
# Of a here-document: an escaped character, a substitution, a variable.
_FILLED = regex(rf"\\(?P<plain>[$`\\])|(?P<printed>{_SUBSTITUTED})|{_NAMED}")
# A variable in braces, and a flow mapping, which they would end.
_BRACED = regex(r"\$\{(\w+)\}")
_FLOW = regex(r"(?<!\$)\{")
# What makes another namespace the one of commands without a namespace.
OTHER_NAMESPACE = regex(r"set-context|kubens|oc project|KUBECONFIG|alias kubectl")
# The folders that a script goes to.
MOVES = regex(r"(?m)\b(?:cd|pushd)\s+[\"']?([\w./-]+)")
# The end of the path of a script, after the variables and commands that it may begin with.
_TAIL = regex(r"[\w./-]+\Z")
_MAX_DEPTH = 5
_MAX_LINE = 10_000
# Characters of a value, and those that all uses of variables in a script may add.
_MAX_VALUE = 1_000
_MAX_ADDED = 10_000_000
_MAX_SOURCED = 20
_MAX_TURNS = 50  # of the loops around one command


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


def read(text: str, sourced: Iterable[str] = ()) -> Script:
    """Read a script. Text that no shell could read gives no command.

    sourced: the texts of the scripts that it sources.
    """
    lines = text.split("\n")
    longest = min(_MAX_VALUE, _MAX_ADDED // (text.count("$") + 1))
    values = _values(lines, (line for other in sourced for line in other.split("\n")), longest)
    where: dict[str, list[int]] = {}
    for i, line in enumerate(lines):
        where.setdefault(line.strip(), []).append(i)
    commands: list[Command] = []
    loops: list[tuple[str, list[str]]] = []
    kept = [""] * len(lines)
    merged = frozenset(_MERGES.findall(text)) if "<<" in text else frozenset()
    at, found = 0, False
    while at < len(lines):
        first, line = at, lines[at]
        while line.endswith("\\") and at + 1 < len(lines):
            at += 1
            line = line[:-1] + " " + lines[at]
        at += 1
        if line.lstrip().startswith("#") or len(line) > _MAX_LINE:
            continue
        if _PROGRAMS.search(line) or _LOOP.search(line):
            commands += (Command(w, first + 1, at) for w in _commands(line, values, loops))
        here = _HERE.search(line)
        if here is None:
            continue
        ends = where.get(here["word"], [])
        after = bisect_left(ends, at)
        if after == len(ends):
            continue
        end = ends[after]
        body = [x.lstrip("\t") for x in lines[at:end]] if here["tabs"] else lines[at:end]
        if _APPLIED.search(line) and not _is_patch(line, merged) and _manifests(body):
            found = True
            kept[first] = "---"
            plain = body if here["quote"] else [_filled(x, values) for x in body]
            kept[at:end] = plain
        at = end + 1
    return Script(tuple(commands), "\n".join(kept) if found else "")


def sourced(name: str, texts: Mapping[str, str]) -> list[str]:
    """The texts of the scripts that a script sources, and of those that these source.

    texts: of all scripts, by path. A path is sought from the folder of the script, and from those
    above it.
    """
    found: dict[str, str] = {}
    wanted = [name]
    while wanted and len(found) < _MAX_SOURCED:
        script = wanted.pop()
        for path in _named(texts[script]):
            at = _sought(os.path.dirname(script), path, texts)
            if at not in ("", name, *found):
                found[at] = texts[at]
                wanted.append(at)
    return list(found.values())


def _sought(folder: str, path: str, texts: Mapping[str, str]) -> str:
    """The path of a script from a folder or the nearest one above; empty if there is none."""
    at = os.path.normpath(os.path.join(folder, path))
    if at in texts:
        return at
    above = os.path.dirname(folder)
    return _sought(above, path, texts) if above != folder else ""


def _named(text: str) -> Iterator[str]:
    """The paths of `source PATH` and `. PATH`, without what the shell fills in before them."""
    for line in text.split("\n"):
        word, _, rest = line.strip().partition(" ")
        if word in ("source", ".") and len(line) <= _MAX_LINE:
            path = re.split(r"[;#|]|&&", rest)[0].strip().strip("\"'")
            tail = _TAIL.search(path)
            if tail is not None and tail[0].endswith(SUFFIXES):
                yield tail[0] if tail[0] == path else tail[0].lstrip("/")


def manifests(text: str) -> str:
    """The manifests of a script; see `Script`."""
    return read(text).manifests if "<<" in text else ""


def parts(text: str) -> Iterator[str]:
    """The documents of a text with manifests, each on its own lines."""
    lines = text.split("\n")
    begins = [0, *(i for i, line in enumerate(lines) if line.rstrip() == "---"), len(lines)]
    for begin, end in pairwise(begins):
        part = lines[begin:end]
        if any(line.strip(" -") for line in part):
            yield "\n" * begin + "\n".join(part)


def _is_patch(line: str, merged: Collection[str]) -> bool:
    """Whether a here-document becomes a patch: by its name, or by what reads the file."""
    written = _WRITTEN.search(line)
    return _PATCH.search(line) is not None or (written is not None and written[1] in merged)


def _manifests(body: list[str]) -> bool:
    return all(any(x.startswith(key) for x in body) for key in ("apiVersion:", "kind:"))


def _values(lines: Iterable[str], sourced: Iterable[str], longest: int) -> dict[str, str]:
    """The variables to which the script assigns one constant, or a default.

    What it does not assign has the value that the lines `sourced` assign. A value of more than
    `longest` characters is not known.
    """
    found = {**_assigned(sourced), **_assigned(lines)}
    once = {name: next(iter(values)) for name, values in found.items() if len(values) == 1}
    for _ in range(_MAX_DEPTH):
        short = {name: value for name, value in once.items() if len(value) <= longest}
        once = {name: _expanded(value, short, but=name) for name, value in short.items()}
    return {
        name: value
        for name, value in once.items()
        if value and "$" not in value and len(value) <= longest
    }


def _assigned(lines: Iterable[str]) -> dict[str, set[str]]:
    """What lines assign to each variable; `$` where the value changes or is not known."""
    found: dict[str, set[str]] = {}
    for line in lines:
        if len(line) > _MAX_LINE or line.lstrip().startswith("#"):
            continue
        if _UNREAD.search(line):
            for values in found.values():
                values.add("$")
        for name, value in _assignments(line) if "=" in line else ():
            found.setdefault(name, set()).add(value)
        changed = _REPEATED.finditer(line)
        for match in (*changed, *(_COUNTED.finditer(line) if "((" in line else ())):
            for name in " ".join(filter(None, match.groups())).split():
                found.setdefault(name, set()).add("$")
    return found


def _assignments(line: str) -> Iterator[tuple[str, str]]:
    read = 0
    for statement in _STATEMENT.finditer(line):
        begins = statement.start()
        quoted = begins < read or line.count('"', 0, begins) % 2
        at = len(line) if quoted else statement.end()
        while (match := _ASSIGNED.match(line, at)) is not None:
            name, adds, value, after = match.groups()
            whole = after in ("", ";", "#", "&", "|", ")", "}") or after.isspace()
            ends = _END.match(line, match.end()) is not None
            if not whole or adds:
                yield name, "$"
            elif ends or statement[1]:
                yield name, value.strip("\"'")
            read = match.end()
            at = read if whole and statement[1] and not ends else len(line)


def _expanded(text: str, values: Mapping[str, str], but: str = "") -> str:
    """The text with the values of its variables; those of unknown value stay."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        known = "" if name == but else values.get(name, "")
        return known or (match[2] or "").strip("\"'") or match[0]

    return _VARIABLE.sub(value, text) if "$" in text else text


def _filled(line: str, values: dict[str, str]) -> str:
    """A line of a here-document, where `$(...)` stands for what a command prints.

    Without braces, which end a flow mapping of YAML; a variable loses those that it has in one.
    """

    def value(match: re.Match[str]) -> str:
        if match["plain"]:
            return match["plain"]
        return "$(...)" if match["printed"] else _expanded(match[0], values)

    if "$" not in line and "`" not in line and "\\" not in line:
        return line
    filled = _FILLED.sub(value, line)
    return _BRACED.sub(r"$\1", filled) if _FLOW.search(filled) else filled


def _commands(
    line: str, values: Mapping[str, str], loops: list[tuple[str, list[str]]]
) -> Iterator[tuple[str, ...]]:
    """The commands of one line that begin with a program of interest.

    loops: the variable and the values of each loop that is open; the line opens and closes some.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        for token in (*lexer, ";"):
            if not set(token) <= set("();<>|&"):
                words.append(token)
                continue
            first = next((w for w in words if w not in ("do", "then", "else")), "")
            if first in ("for", "select", "while", "until"):
                loops.append(_loop(words[words.index(first) :], values))
            elif first == "done" and loops:
                loops.pop()
            start = next((i for i, w in enumerate(words) if _PROGRAMS.fullmatch(w)), None)
            for turn in _turns(words, loops) if start is not None else ():
                yield tuple(_expanded(word, {**values, **turn}) for word in words[start:])
            words = []
    except ValueError:
        return


def _loop(words: list[str], values: Mapping[str, str]) -> tuple[str, list[str]]:
    """The variable of a loop and its values; none if not all are known."""
    if words[0] != "for" or words[2:3] != ["in"]:
        return "", []
    found = [one for word in words[3:] for one in _expanded(word, values).split()]
    return words[1], found if all(map(_ITEM.fullmatch, found)) else []


def _turns(words: list[str], loops: list[tuple[str, list[str]]]) -> list[dict[str, str]]:
    """The values of the variables of loops that a command names, for each time it is run."""
    named = {match[1] or match[3] for word in words for match in _VARIABLE.finditer(word)}
    turns: list[dict[str, str]] = [{}]
    for name, known in loops:
        if name in named and known and len(turns) * len(known) <= _MAX_TURNS:
            turns = [{**turn, name: one} for turn in turns for one in known]
    return turns
