"""What the texts of a support bundle show: `kubectl describe`, tables of `kubectl get`, logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from stackgen.diagnose.observations import Observation
from stackgen.manifest.shipped import shipped
from stackgen.regex import regex

LONGEST = 4_000  # characters of a line; what is behind them is not read
_HEADER = regex(r"[A-Z][A-Z0-9()_-]*(?: [A-Z0-9()_-]+)*(?:\s{2,}|\s*\Z)")
_CELL = regex(r"\S+(?: \S+)*")
_GAP = regex(r"\s{2,}")
_FIELD = regex(r"( *)([A-Z][A-Za-z ]*):\s*(.*)")
_CONTAINER = regex(r"  ([a-z0-9][a-z0-9-]*):\Z")
_AGO = regex(r" \(\S+ ago\)")  # of RESTARTS
_ENDED = ("Completed", "Succeeded")  # Pods of Jobs are not ready, as they must be
_STATUSES = ("True", "False", "Unknown")
Line = tuple[int, str]


def of_text(content: str, file: str) -> Iterator[Observation]:
    """What a text shows. A line that is not a part of a description or a table is a log line."""
    lines = [(n, x[:LONGEST].rstrip()) for n, x in enumerate(content.splitlines(), 1)]
    at = 0
    while at < len(lines):
        number, line = lines[at]
        if line.startswith("Name:") and _is_description(lines, at):
            end = _end_of_description(lines, at)
            yield from _described(lines[at:end], file)
        elif _is_header(line):
            end = at + 1
            while end < len(lines) and lines[end][1] and not _is_header(lines[end][1]):
                end += 1
            yield from _rows(line, lines[at + 1 : end], file)
        else:
            end = at + 1
            if line:
                yield Observation("log", "", "", message=line, file=file, line=number)
        at = end


def _is_description(lines: list[Line], at: int) -> bool:
    after = [line for _, line in lines[at + 1 : at + 4]]
    return any(re.match(r"[A-Z][A-Za-z ]*:", line) for line in after)


def _end_of_description(lines: list[Line], at: int) -> int:
    """The next description, or the first line that is neither a field nor indented."""
    for end in range(at + 1, len(lines)):
        line = lines[end][1]
        if line.startswith("Name:") or _is_header(line):
            return end
        if line and not line[0].isspace() and not _FIELD.match(line):
            return end
    return len(lines)


def _is_header(line: str) -> bool:
    return bool(_HEADER.match(line)) and len(_GAP.split(line)) > 2 and line == line.upper()


def _rows(header: str, rows: list[Line], file: str) -> Iterator[Observation]:
    """A table of Pods, events, Gateways or Services."""
    columns = [(found[0], found.start()) for found in _CELL.finditer(header)]
    for number, row in rows:
        cells = _cells(columns, row)
        of, _, name = cells.get("NAME", "").rpartition("/")
        if "REASON" in cells and "MESSAGE" in cells and cells.keys() & {"OBJECT", "KIND"}:
            # Before kubectl 1.14, the columns KIND and NAME, with the name of the event.
            kind, _, name = cells.get("OBJECT", f"{cells.get('KIND')}/{name}").rpartition("/")
            kind = _kind(kind)
            said = (cells.get("TYPE", ""), "", cells["REASON"], cells["MESSAGE"])
            yield Observation("event", kind, name, *said, file=file, line=number)
        elif "RESTARTS" in cells and "STATUS" in cells:
            # `Init:ErrImagePull` is the state of an init container. Its failure keeps the prefix.
            reason = cells["STATUS"]
            if reason not in ("Init:Error", "Init:CrashLoopBackOff"):
                reason = reason.removeprefix("Init:")
            state = "terminated" if reason in ("OOMKilled", "Error") else "waiting"
            yield Observation("container", "Pod", name, state, "", reason, "", file, number)
            ready, _, wanted = cells.get("READY", "").partition("/")
            if ready.isdecimal() and wanted.isdecimal() and reason not in _ENDED:
                status = str(int(ready) >= int(wanted))
                yield Observation(
                    "condition", "Pod", name, "Ready", status, reason, "", file, number
                )
        elif "PROGRAMMED" in cells:
            status = cells["PROGRAMMED"]
            yield Observation(
                "condition", "Gateway", name, "Programmed", status, file=file, line=number
            )
        elif cells.get("READY") in _STATUSES:
            tables = _shown()["ready"]
            kinds = (one["kind"] for one in tables if set(one["columns"]) <= cells.keys())
            kind = _kind(of) or next(kinds, "")
            said = ("Ready", cells["READY"], cells.get("REASON", ""), cells.get("STATUS", ""))
            yield Observation("condition", kind, name, *said, file=file, line=number)
        elif cells.get("EXTERNAL-IP") == "<pending>":
            yield Observation(
                "service", "Service", name, reason="ExternalIPPending", file=file, line=number
            )


def _cells(columns: list[tuple[str, int]], row: str) -> dict[str, str]:
    """The cells of a row by the names of the columns.

    They begin below their names. In a table that lost its alignment, gaps
    of two spaces separate them, or single spaces.
    """
    names = [name for name, _ in columns]
    ends = [*(start for _, start in columns[1:]), len(row)]
    if all(row[start - 1 : start].isspace() for start in ends[:-1] if start <= len(row)):
        cut = [row[start:end].strip() for (_, start), end in zip(columns, ends, strict=True)]
        return dict(zip(names, cut, strict=True))
    for found in (_GAP.split(row.strip()), _AGO.sub("", row).split()):
        if len(found) == len(names):
            return dict(zip(names, found, strict=True))
    return dict(zip(names, _GAP.split(row.strip()), strict=False))


def _kind(resource: str) -> str:
    """The kind of `pod`, or of `certificate.cert-manager.io`; any other word as it is."""
    found: str = _shown()["names"].get(resource.partition(".")[0].lower(), resource)
    return found


@lru_cache(maxsize=1)
def _shown() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "kinds.yaml")
    return found


def _described(lines: list[Line], file: str) -> Iterator[Observation]:
    name = lines[0][1].partition(":")[2].strip()
    kinds = [line.partition(":")[2].strip() for _, line in lines if line.startswith("Kind:")]
    fields = {line.partition(":")[0] for _, line in lines if not line[:1].isspace()}
    known = (one["kind"] for one in _shown()["described"] if fields & set(one["fields"]))
    kind = next(known, kinds[0] if kinds else "")
    pod = kind == "Pod"
    group: dict[str, str] = {}
    started = deep = 0
    called = name
    for at, (number, line) in enumerate([*lines, (0, "End:")]):
        if line.startswith("Events:"):
            yield from _group(group, kind, called, file, started)
            yield from _events(lines[at + 1 :], kind, name, file)
            return
        container = _CONTAINER.match(line)
        if pod and container:
            yield from _group(group, kind, called, file, started)
            group, started, called = {}, 0, f"{name}/{container[1]}"
        found = _FIELD.match(line)
        if not found:
            continue
        indent, key, value = len(found[1]), found[2], found[3].strip()
        # A condition or a state is a run of fields, and a repeated field begins the next one.
        if key in group or indent < deep or key in ("State", "Last State"):
            yield from _group(group, kind, called, file, started)
            group, started = {}, number
        started = started or number
        group[key], deep = value, indent


def _group(
    group: dict[str, str], kind: str, name: str, file: str, line: int
) -> Iterator[Observation]:
    reason, message = group.get("Reason", ""), group.get("Message", "")
    state = group.get("State") or group.get("Last State")
    if state in ("Waiting", "Terminated"):
        code = group.get("Exit Code", "")
        yield Observation("container", kind, name, state.lower(), code, reason, message, file, line)
    elif "Type" in group and "Status" in group:
        said = (group["Type"], group["Status"], reason, message)
        yield Observation("condition", kind, name, *said, file, line)


def _events(lines: list[Line], kind: str, name: str, file: str) -> Iterator[Observation]:
    for number, line in lines:
        cells = _GAP.split(line.strip(), maxsplit=4)
        if len(cells) == 5 and cells[0] in ("Normal", "Warning"):
            yield Observation("event", kind, name, cells[0], "", cells[1], cells[4], file, number)
