"""Ranges of semantic versions, as Helm and Flux read them (Masterminds/semver)."""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, gt, le, lt

from stackgen.regex import regex

Parts = tuple[int, int, int]

_VERSION = regex(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(-[0-9A-Za-z.-]+)?(?:\+[\w.-]+)?\Z")
_CLAUSE = regex(
    r"\s*,?\s*(?P<sign>>=|<=|=>|=<|>|<|!=|=|\^|~>|~)?\s*v?(?P<one>\d{1,9}|[xX*])"
    r"(?:\.(?P<two>\d{1,9}|[xX*]))?(?:\.(?P<three>\d{1,9}|[xX*]))?(?P<pre>-[0-9A-Za-z.-]+)?"
)
_ORDER: dict[str, Callable[[Parts, Parts], bool]] = {">": gt, "<": lt, ">=": ge, "<=": le}
_MOST = 20  # clauses


def in_range(version: str, wanted: str) -> bool | None:
    """Whether a version is in a range; None where that is not known.

    A pre-release is in no range that names none.
    """
    found = _VERSION.match(version)
    if found is None or len(wanted) > 200:
        return None
    here: Parts = (int(found[1]), int(found[2] or 0), int(found[3] or 0))
    any_: bool = False
    for alternative in wanted.split("||"):
        all_ = _in_all(here, bool(found[4]), alternative)
        if all_ is None:
            return None
        any_ = any_ or all_
    return any_


def _in_all(here: Parts, early: bool, clauses: str) -> bool | None:
    at, result = 0, True
    for _ in range(_MOST):
        if not clauses[at:].strip():
            return result and at > 0
        found = _CLAUSE.match(clauses, at)
        if found is None or found["pre"] or clauses[found.end() :].lstrip().startswith("-"):
            return None  # pre-releases, and ranges with a hyphen
        at = found.end()
        numbers = [found[key] for key in ("one", "two", "three")]
        given = [int(one) for one in numbers if one is not None and one.isdigit()]
        result = result and not early and _in_clause(here, found["sign"] or "", given)
    return None


def _in_clause(here: Parts, sign: str, given: list[int]) -> bool:
    """given: the numbers up to the first that may be any."""
    first, second, third, *_ = (*given, 0, 0, 0)
    low: Parts = (first, second, third)
    sign = {"=>": ">=", "=<": "<=", "~>": "~"}.get(sign, sign)
    same = here[: len(given)] == tuple(given)
    if not given:
        return True
    if sign == "!=":
        return not same
    if sign in _ORDER:
        # `>1.2` is above, and `<=1.2` up to all of 1.2.
        if len(given) < len(here) and sign in (">", "<="):
            return (sign == "<=") if same else _ORDER[sign](here, low)
        return _ORDER[sign](here, low)
    if sign == "^":
        fixed = next((i for i, one in enumerate(given) if one), len(given) - 1) + 1
        return here >= low and here[:fixed] == low[:fixed]
    if sign == "~":
        fixed = min(len(given), 2)
        return here >= low and here[:fixed] == low[:fixed]
    return same
