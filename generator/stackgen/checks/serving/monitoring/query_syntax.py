"""A query that is no PromQL: its brackets or quotes do not match, or a function lacks its range."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.queries import all_queries
from stackgen.facts.shape import plain
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

_STRING = regex(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_COMMENT = regex(r"#[^\n]*")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_WORDS = regex(
    r"(?:\b(?:and|or|unless|by|without|on|ignoring|offset|bool)|[-+*/%^,]|[=!<>]=?)\s*\Z"
)


# Functions of which an argument is a range of time. A subquery or a name with [5m] is one.
_RANGED = regex(
    r"\b(?:rate|irate|increase|delta|idelta|deriv|resets|changes|predict_linear|[a-z0-9]+_over_time|"
    r"double_exponential_smoothing|holt_winters)\s*\("
)
_OF_SCALERS = (
    "KEDA gets an error instead of a value, and does not scale the servers. The condition Ready "
    "of the ScaledObject is False."
)


def check(context: Context) -> Violations:
    """One finding for each query of a rule, or of a trigger of KEDA that asks Prometheus."""
    for query in all_queries(context.bundle):
        given = query.resource.get(*query.path)
        trigger = query.path[-2:] == ("metadata", "query")
        if trigger and query.resource.get(*query.path[:-2], "type") != "prometheus":
            continue
        judged = trigger or query.path[-1:] == ("expr",)
        if judged and isinstance(given, str) and plain(given) and (wrong := _wrong(given)):
            yield violation(
                f"the query is not PromQL: {wrong}",
                Place(query.resource, query.path),
                impact=_OF_SCALERS if trigger else "",
            )


def _wrong(query: str) -> str:
    rest = _COMMENT.sub(" ", _STRING.sub("S", query))
    quote = next((c for c in rest if c in "\"'`"), "")
    if quote:
        return f"a string that begins with {quote} does not end"
    open_: list[str] = []
    for character in rest:
        if character in _PAIRS.values():
            open_.append(character)
        elif character in _PAIRS and (not open_ or open_.pop() != _PAIRS[character]):
            return f"a {character} closes nothing"
    if open_:
        return f"a {open_[-1]} is not closed"
    if _WORDS.search(rest):
        return "it ends with an operator"
    return next(
        (
            f"{call[0].rstrip('( ')}() takes a range, such as requests_total[5m]"
            for call in _RANGED.finditer(rest)
            if "[" not in _inside(rest, call.end())
        ),
        "",
    )


def _inside(query: str, start: int) -> str:
    """The text from `start` to the bracket that closes the one before it."""
    depth = 1
    for end in range(start, len(query)):
        depth += {"(": 1, ")": -1}.get(query[end], 0)
        if not depth:
            return query[start:end]
    return query[start:]
