"""Schedules and time zones of CronJobs."""

from __future__ import annotations

import re

from stackgen.digits import to_int
from stackgen.schema.durations import go_duration

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, {name: i for i, name in enumerate(_MONTHS, 1)}),
    ("day of week", 0, 6, {name: i for i, name in enumerate(_DAYS)}),
)
_WORDS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*\Z", re.ASCII)


def schedule_problem(schedule: str) -> str:
    """What is wrong with a schedule, as the rest of a sentence; "" when nothing is."""
    if "TZ" in schedule:
        return "cannot name a time zone: use the field timeZone"
    if schedule.startswith("@"):
        if schedule in _WORDS:
            return ""
        if schedule.startswith("@every "):
            interval = go_duration(schedule.removeprefix("@every "))
            return "" if interval is not None else "has an interval that is no duration like 1h30m"
        return f"is none of {', '.join(_WORDS)} and @every <duration>"
    fields = schedule.split()
    if len(fields) != 5:
        wanted = ", ".join(row[0] for row in _FIELDS)
        return f"needs five fields, not {len(fields)}: {wanted}"
    for text, (what, low, high, names) in zip(fields, _FIELDS, strict=True):
        parts = [part for part in text.split(",") if part]
        for part in parts:
            if not _is_range(part, low, high, names):
                return f"has the {what} {part!r}: values go from {low} to {high}"
    return ""


def _is_range(part: str, low: int, high: int, names: dict[str, int]) -> bool:
    span, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdigit() and to_int(step) > 0):
        return False
    first, dash, last = span.partition("-")
    if first in ("*", "?"):
        return not dash
    start = _number(first, names)
    end = _number(last, names) if dash else (high if slash else start)
    return start is not None and end is not None and low <= start <= end <= high


def _number(text: str, names: dict[str, int]) -> int | None:
    if text.lower() in names:
        return names[text.lower()]
    return to_int(text) if text.isascii() and text.isdigit() else None


def time_zone_problem(zone: str) -> str:
    if not zone:
        return "is empty: leave timeZone out or name a zone such as Europe/Berlin"
    if zone.lower() == "local":
        return "depends on the server: name a zone such as Europe/Berlin"
    if not _ZONE.match(zone) or not _is_known(zone):
        return "is not a time zone of the IANA database such as Europe/Berlin"
    return ""


def _is_known(zone: str) -> bool:
    import zoneinfo

    known = zoneinfo.available_timezones()
    # Without a database on this machine only the spelling can be judged.
    return not known or zone in known
