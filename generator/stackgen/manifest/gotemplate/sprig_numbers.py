"""The functions of Sprig on numbers, versions and dates. Source: https://masterminds.github.io/sprig"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

from stackgen.digits import to_int
from stackgen.manifest.gotemplate.evaluate import Function
from stackgen.manifest.gotemplate.syntax import TemplateError, UnsupportedError
from stackgen.manifest.gotemplate.values import shown
from stackgen.regex import regex

_LARGEST = 1 << 63
_MOST = 10_000  # numbers of a list
_VERSION = regex(
    r"v?(\d{1,18})(?:\.(\d{1,18}))?(?:\.(\d{1,18}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\Z"
)
_CONSTRAINT = regex(
    r"\s*(!=|>=|=>|<=|=<|=|<|>|~>|~|\^)?\s*"
    r"(v?[0-9xX*]+(?:\.[0-9xX*]+)?(?:\.[0-9xX*]+)?(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)"
)
_HYPHEN = regex(r"(\S+)\s+-\s+(\S+)")
Version = tuple[int, int, int, str]


def whole(value: Any) -> int:
    """A value as Sprig's `int` reads it: what is no number is zero."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        if not math.isfinite(value) or abs(value) >= _LARGEST:
            return 0
        return int(value)
    text = shown(value).strip()
    try:
        octal = len(text) > 1 and text[0] == "0" and text[1].isdigit()
        found = int(text, 8) if octal else int(text, 0)
    except ValueError:
        if text.startswith("0") and text.isdigit():
            return 0
        try:
            found = int(float(text))
        except (ValueError, OverflowError):
            return 0
    return found if abs(found) < _LARGEST else 0


def real(value: Any) -> float:
    """A value as Sprig's `float64` reads it."""
    try:
        return float(value if isinstance(value, int | float) else shown(value))
    except (ValueError, OverflowError):
        return 0.0


def _bounded(value: int) -> int:
    """Go's integers have 64 bits."""
    return (value + _LARGEST) % (2 * _LARGEST) - _LARGEST


def _decimal(value: Any) -> int:
    try:
        return int(shown(value), 8)
    except ValueError:
        return 0


def _folded(step: Any, read: Any = whole) -> Function:
    def fold(first: Any, *others: Any) -> Any:
        found = reduce(step, map(read, others), read(first))
        return _bounded(found) if isinstance(found, int) else found

    return fold


def _divided(one: int, other: int) -> int:
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def _round(value: Any, digits: Any, up: Any = 0.5) -> float:
    places = 10.0 ** min(whole(digits), 15)
    scaled = real(value) * places
    down = math.floor(scaled)
    return (down + 1 if scaled - down >= real(up) else down) / places


def _until(end: Any) -> list[int]:
    return _until_step(0, end, 1 if whole(end) >= 0 else -1)


def _until_step(start: Any, end: Any, step: Any) -> list[int]:
    first, last, by = whole(start), whole(end), whole(step)
    if by == 0 or (by > 0) != (last >= first):
        return []
    found = range(first, last, by)
    if len(found) > _MOST:
        raise UnsupportedError("makes too long a list")
    return list(found)


def _seq(*given: Any) -> str:
    numbers = [whole(one) for one in given]
    start, step, end = 1, 0, 1
    if len(numbers) == 1:
        end = numbers[0]
    elif len(numbers) == 2:
        start, end = numbers
    elif len(numbers) == 3:
        start, step, end = numbers
    else:
        return ""
    step = step or (1 if end >= start else -1)
    if abs(end - start) // abs(step) > _MOST:
        raise UnsupportedError("makes too long a list")
    return " ".join(map(str, range(start, end + (1 if step > 0 else -1), step)))


# Versions, as github.com/Masterminds/semver reads them.


def version_of(text: str) -> Version:
    """A version, which need not be complete. Raises TemplateError."""
    found = _VERSION.match(text.strip())
    if not found:
        raise TemplateError("invalid semantic version")
    return to_int(found[1]), to_int(found[2] or "0"), to_int(found[3] or "0"), found[4] or ""


def _before(text: str) -> tuple[Any, ...]:
    """What orders pre-releases; none is after all."""
    if not text:
        return (1,)
    parts = text.split(".")
    return (0, tuple((0, to_int(p), "") if p.isdecimal() else (1, 0, p) for p in parts))


def _order(version: Version) -> tuple[Any, ...]:
    return (*version[:3], _before(version[3]))


def meets(constraint: str, version: Version) -> bool:
    """Whether a version meets a constraint such as `>=1.19-0 <2 || ^3`. Raises TemplateError."""
    for choice in constraint.split("||"):
        ranged = _HYPHEN.sub(r">=\1 <=\2", choice)
        position, met, any_read = 0, True, False
        while ranged[position:].strip(" ,"):
            found = _CONSTRAINT.match(ranged, position)
            if not found:
                raise TemplateError("improper constraint")
            any_read = True
            met &= _meets_one(found[1] or "", found[2], version)
            position = found.end()
            while ranged[position : position + 1] in (" ", ",") and position < len(ranged):
                position += 1
        if not any_read:
            raise TemplateError("improper constraint")
        if met:
            return True
    return False


def _meets_one(sign: str, text: str, version: Version) -> bool:
    core, dash, pre = text.lstrip("v").partition("+")[0].partition("-")
    parts = core.split(".")
    given = next((i for i, p in enumerate(parts) if p in ("x", "X", "*")), len(parts))
    numbers = [to_int(p) if p.isdigit() else 0 for p in parts[:given]]
    first, second, third = (*numbers, 0, 0, 0)[:3]
    wanted: Version = (first, second, third, pre)
    # A pre-release is only taken where the constraint has one.
    if version[3] and not dash:
        return False
    here, there = _order(version), _order(wanted)
    if sign in ("", "=") and given < 3:
        sign = "~" if given else "*"
    if sign == "*" or given == 0:
        return True
    if sign in ("", "="):
        return here == there
    if sign == "!=":
        return list(version[:given]) != numbers if given < 3 else here != there
    if sign == ">":
        return version[:given] > tuple(numbers) if given < 3 else here > there
    if sign in (">=", "=>"):
        return here >= there
    if sign == "<":
        return here < there
    if sign in ("<=", "=<"):
        return version[:given] <= tuple(numbers) if given < 3 else here <= there
    if here < there:
        return False
    if sign == "^":
        same = next((i + 1 for i, n in enumerate(numbers) if n), given)
        return list(version[:same]) == numbers[:same]
    same = min(given, 2)  # ~ and ~>
    return list(version[:same]) == numbers[:same]


def _semver_compare(constraint: Any, version: Any) -> bool:
    return meets(shown(constraint), version_of(shown(version)))


def _semver(text: Any) -> dict[str, Any]:
    major, minor, patch, pre = version_of(shown(text))
    return {
        "Major": major,
        "Minor": minor,
        "Patch": patch,
        "Prerelease": pre,
        "Original": shown(text),
        "": f"{major}.{minor}.{patch}" + (f"-{pre}" if pre else ""),
    }


def _date(*_: Any) -> str:
    return "2006-01-02"  # a run here does not depend on the day


FUNCTIONS: dict[str, Function] = {
    "int": whole,
    "int64": whole,
    "atoi": whole,
    "float64": real,
    "toDecimal": _decimal,
    "add": _folded(lambda a, b: a + b),
    "add1": lambda value: whole(value) + 1,
    "sub": lambda a, b: _bounded(whole(a) - whole(b)),
    "mul": _folded(lambda a, b: a * b),
    "div": lambda a, b: _divided(whole(a), whole(b)),
    "mod": lambda a, b: int(math.fmod(whole(a), whole(b))),
    "max": _folded(max),
    "min": _folded(min),
    "biggest": _folded(max),
    "addf": _folded(lambda a, b: a + b, real),
    "subf": _folded(lambda a, b: a - b, real),
    "mulf": _folded(lambda a, b: a * b, real),
    "divf": _folded(lambda a, b: a / b, real),
    "maxf": _folded(max, real),
    "minf": _folded(min, real),
    "floor": lambda value: float(math.floor(real(value))),
    "ceil": lambda value: float(math.ceil(real(value))),
    "round": _round,
    "until": _until,
    "untilStep": _until_step,
    "seq": _seq,
    "semver": _semver,
    "semverCompare": _semver_compare,
    "now": _date,
    "date": _date,
    "dateInZone": _date,
    "date_in_zone": _date,
    "htmlDate": _date,
    "htmlDateInZone": _date,
    "dateModify": _date,
    "date_modify": _date,
    "toDate": _date,
    "unixEpoch": lambda *_: "1136214245",
    "ago": lambda *_: "1s",
    "duration": lambda *_: "1s",
    "durationRound": lambda *_: "1s",
}
