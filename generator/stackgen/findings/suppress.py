"""Suppressions: what one is, those in comments, and how they are applied."""

from __future__ import annotations

import dataclasses
import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import date
from fnmatch import translate
from functools import lru_cache
from typing import Any, Literal

from stackgen.findings.locate import show_file
from stackgen.findings.model import Finding, Located, Location, ObjectRef, Place, Suppressed
from stackgen.findings.select import Selection, is_glob, matches
from stackgen.manifest.document import Mark, Source
from stackgen.record import record
from stackgen.redact import redact
from stackgen.regex import regex
from stackgen.spelling import did_you_mean, only_nearest


@record
class Suppression:
    """Findings of `rule` that are meant to be as they are.

    rule: a rule id; for kind `config` a selector (family, id, glob). reason: required.
    object: `Kind/name` or `Kind/namespace/name`, globs allowed; empty: any object.
    until: the last day it holds, ISO (`2026-12-31`); empty: none. place: where it is written.
    kind: in the spec's `suppress`, as a comment, or in the config file.
    line: for a comment, the line it speaks of. path: for the config, the glob of files, relative to
    the folder of the config. base: from that folder to the one that the names of files are relative
    to.
    """

    rule: str
    reason: str
    object: str = ""
    until: str = ""
    place: Place = field(default_factory=Place)
    kind: Literal["spec", "comment", "config"] = "spec"
    line: int = 0
    path: str = ""
    base: str = "."


# Suppressions written as comments: `# stackgen: ignore[rule, other-rule] reason`.
#
# A comment at the end of a line speaks of that line; one on a line of its own speaks of the next
# line that is neither blank nor a comment.

_MARKER = "stackgen:"
_COMMENT = regex(
    r"(?:^|(?<=[ \t]))#[ \t]*stackgen:[ \t]*(?P<verb>ignore)?"
    r"[ \t]*(?:\[(?P<rules>[^\]\n]*)\])?(?P<reason>[^\r\n]*)",
    re.MULTILINE,
)


def suppressions(sources: Iterable[Source]) -> list[Suppression]:
    """The suppressions in the comments of `sources`, in order."""
    found: list[Suppression] = []
    for source in sources:
        if _MARKER in source.text:
            found.extend(_of(source))
    return found


def _of(source: Source) -> Iterator[Suppression]:
    text = source.text
    following = _following(text.splitlines())
    scalars = _scalars(text)
    line, start = 1, 0
    for match in _COMMENT.finditer(text):
        line += text.count("\n", start, match.start())
        start = text.rfind("\n", start, match.start()) + 1 or start
        if match["verb"] is None or _inside(scalars, match.start()):
            continue
        column = match.start() - start + 1
        end = column + len(match[0].rstrip())
        place = Place(file=source.name, text=text, mark=Mark(line, column, end))
        alone = not text[start : match.start()].strip()
        target = line
        if alone:
            target = following[line] if line < len(following) else 0
        names = [name.strip() for name in (match["rules"] or "").split(",")]
        reason = match["reason"].strip().lstrip(":-").strip()
        for name in [n for n in names if n] or [""]:
            yield Suppression(name, reason, place=place, kind="comment", line=target)


def _following(lines: list[str]) -> list[int]:
    """For each number of lines passed, the next line that holds something; 0 when none does."""
    following = [0] * (len(lines) + 1)
    for number in range(len(lines) - 1, -1, -1):
        content = lines[number].strip()
        holds = content and not content.startswith("#")
        following[number] = number + 1 if holds else following[number + 1]
    return following


def _scalars(text: str) -> list[tuple[int, int]]:
    """Where texts stand that may hold a `#` which is no comment: quoted and block scalars."""
    import yaml
    from yaml.cyaml import CParser  # type: ignore[attr-defined]

    spans: list[tuple[int, int]] = []
    parser: Any = CParser(text)
    # libyaml does not count a byte order mark.
    skip = 1 if text.startswith("\ufeff") else 0
    try:
        while (event := parser.get_event()) is not None:
            style = getattr(event, "style", None)
            if style in ("'", '"', "|", ">"):
                start, end = event.start_mark.index + skip, event.end_mark.index + skip
                if style in ("|", ">"):
                    start = text.find("\n", start)  # a comment may follow the block's header
                spans.append((start, end))
    except yaml.YAMLError:
        return spans
    finally:
        parser.dispose()
    return spans


def _inside(spans: list[tuple[int, int]], index: int) -> bool:
    """Whether the character at `index` is in one of the spans, which are in order and apart."""
    at = bisect_right(spans, index, key=lambda span: span[0]) - 1
    return at >= 0 and index < spans[at][1]


UNUSED = "suppression-unused"
EXPIRED = "suppression-expired"
NO_REASON = "suppression-without-reason"
ABOUT_SUPPRESSIONS = frozenset({UNUSED, EXPIRED, NO_REASON})


def apply(
    findings: Sequence[Located],
    suppressions: Sequence[Suppression],
    selection: Selection,
    today: date,
    files: Iterable[str] = (),
) -> tuple[list[Located], list[Finding]]:
    """`findings`, those that a suppression covers marked so; and findings about suppressions.

    files: every file of the run; a path of the config that names none of them is not unused.
    A suppression without a reason, or one that has expired, suppresses nothing. Findings about
    suppressions cannot be suppressed themselves.
    """
    about: list[Finding] = []
    active: list[int] = []
    for number, suppression in enumerate(suppressions):
        problem = _refused(suppression, selection, today)
        if problem is not None:
            about.append(problem)
        else:
            active.append(number)
    used: set[int] = set()
    marked = []
    table = _table(suppressions, active)
    for located in findings:
        by = sorted(_covering(table, located))
        used.update(by)
        marked.append(_mark(located, suppressions[by[0]]) if by else located)
    shown = [show_file(name) for name in files]
    for number in active:
        if number not in used:
            about.extend(_unused(suppressions[number], selection, shown))
    return marked, about


def _mark(located: Located, by: Suppression) -> Located:
    kind = "external" if by.kind == "config" else "inSource"
    return dataclasses.replace(
        located,
        suppression=Suppressed(kind, redact(by.reason), by.until),  # type: ignore[arg-type]
    )


@record
class _Table:
    """The numbers of the suppressions by what they speak of, so that none is asked in vain.

    lines: comments by rule, file and line. names: those of the spec by rule and by the object,
    "" for every object. globs: those of the spec by rule, where the object is a glob, each once.
    paths: those of the config, each glob of files and rule once. files: for each file that was
    asked about, the rules and numbers of the paths that match it.
    """

    lines: dict[tuple[str, str, int], list[int]]
    names: dict[tuple[str, str], list[int]]
    globs: dict[str, dict[re.Pattern[str], list[int]]]
    paths: dict[tuple[str, str, str], list[int]]
    files: dict[str, list[tuple[str, list[int]]]]


def _table(suppressions: Sequence[Suppression], active: list[int]) -> _Table:
    table = _Table({}, {}, {}, {}, {})
    for number in active:
        it = suppressions[number]
        if it.kind == "comment":
            line = (it.rule, show_file(it.place.file), it.line)
            table.lines.setdefault(line, []).append(number)
        elif it.kind == "config":
            table.paths.setdefault((it.path, it.base, it.rule), []).append(number)
        elif is_glob(it.object):
            of_rule = table.globs.setdefault(it.rule, {})
            of_rule.setdefault(_compiled((it.object,)), []).append(number)
        else:
            table.names.setdefault((it.rule, it.object), []).append(number)
    return table


def _covering(table: _Table, located: Located) -> Iterator[int]:
    """The numbers of the suppressions that cover a finding."""
    rule = located.finding.rule
    if rule.id in ABOUT_SUPPRESSIONS:
        return
    for file in {x.file for x in located.locations}:
        for selector, numbers in _on_file(table, file):
            if matches((selector,), rule):
                yield from numbers
    primary = located.primary
    if primary is not None:
        yield from table.lines.get((rule.id, primary.file, primary.line), ())
    yield from table.names.get((rule.id, ""), ())
    names = {name for x in _about(located.locations) for name in _names(x.object)}
    for name in names:
        if name:
            yield from table.names.get((rule.id, name), ())
    for pattern, numbers in table.globs.get(rule.id, {}).items():
        if any(pattern.match(name) for name in names):
            yield from numbers


def _on_file(table: _Table, file: str) -> list[tuple[str, list[int]]]:
    """The paths of the config that match `file`: rule and numbers. Each file is matched once."""
    if file not in table.files:
        table.files[file] = [
            (selector, numbers)
            for (path, base, selector), numbers in table.paths.items()
            if _path_matches(path, base, file)
        ]
    return table.files[file]


def _about(locations: tuple[Location, ...]) -> list[Location]:
    """The locations on the object the finding is about: that of the first location."""
    return [x for x in locations if x.object == locations[0].object]


def _names(ref: ObjectRef | None) -> tuple[str, ...]:
    """What the spec may call an object."""
    if ref is None:
        return ()
    return f"{ref.kind}/{ref.name}", f"{ref.kind}/{ref.namespace}/{ref.name}"


def _path_matches(pattern: str, base: str, file: str) -> bool:
    """Shell globs, in which `*` also crosses folders; a folder covers all that is below it.

    base: the folder that `file` is relative to, from the one that `pattern` is relative to.
    """
    if base != ".":
        file = os.path.normpath(os.path.join(base, file))
    bare = pattern.rstrip("/")
    wanted = [bare, f"{bare}/*"]
    if bare.startswith("**/"):
        wanted += [bare[3:], f"{bare[3:]}/*"]
    return bool(_compiled(tuple(wanted)).match(file))


@lru_cache(maxsize=4096)
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    """What matches one of the globs. fnmatch itself keeps few patterns, and compiles the others for
    each comparison.
    """
    return re.compile("|".join(f"(?:{translate(glob)})" for glob in globs))


def _refused(suppression: Suppression, selection: Selection, today: date) -> Finding | None:
    name = suppression.rule
    if not suppression.reason.strip():
        rule = selection.rules[NO_REASON]
        what = f"`{name}` is suppressed without a reason" if name else "names no rule, no reason"
        return rule.finding(what, suppression.place)
    if not suppression.until:
        return None
    rule = selection.rules[EXPIRED]
    try:
        last = date.fromisoformat(suppression.until)
    except ValueError:
        why = f'"{suppression.until}" is not a date such as 2027-01-31'
        return rule.finding(f"the suppression of `{name}` never holds: {why}", suppression.place)
    if today <= last:
        return None
    return rule.finding(f"the suppression of `{name}` ended on {last}", suppression.place)


def _unused(suppression: Suppression, selection: Selection, files: list[str]) -> list[Finding]:
    rule = selection.rules[UNUSED]
    name = suppression.rule
    if suppression.kind == "config":
        path, base = suppression.path, suppression.base
        if not any(_path_matches(path, base, file) for file in files):
            return []
        if not any(selection.wants(r) and matches((name,), r) for r in selection.rules.values()):
            return []
        message = f"nothing below `{suppression.path}` is found by `{name}`"
        return [rule.finding(message, suppression.place)]
    if not name:
        message = "a suppression that names no rule suppresses nothing"
        remedy = "write the rule in brackets: # stackgen: ignore[rule-id] reason"
        return [rule.finding(message, suppression.place, remedy=remedy)]
    if name not in selection.rules:
        hint = did_you_mean(name, selection.rules)
        message, near = f"there is no rule `{name}`{hint}", only_nearest(name, selection.rules)
        key = "rule: " if suppression.kind == "spec" else ""
        remedy = f"Write `{key}{near}`, or remove the suppression." if near else ""
        return [rule.finding(message, suppression.place, remedy=remedy)]
    if not selection.wants_id(name):
        return []
    where = f" on {suppression.object}" if suppression.object else ""
    if suppression.kind == "comment":
        where = f" on line {suppression.line}" if suppression.line else " after this comment"
    return [rule.finding(f"`{name}` finds nothing{where}", suppression.place)]
