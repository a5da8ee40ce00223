"""The outermost aggregation of a PromQL query, and the labels that it leaves."""

from __future__ import annotations

from stackgen.record import record
from stackgen.regex import regex

_STRING = regex(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_COMMENT = regex(r"#[^\n]*")
_SELECTOR = regex(r"\{[^{}]*\}")
# Those that keep whole series, such as topk, are left out.
_BEGIN = regex(r"\s*(?:sum|max|min|avg|count|group|stddev|stdvar)\s*(?=[(bw])")
_LABELS = regex(r"\s*(by|without)\s*\(([^()]*)\)\s*")


@record
class Aggregation:
    """labels: that are left; None where only those that go are known. rest: what follows it."""

    labels: tuple[str, ...] | None
    rest: str


def plain_query(query: str) -> str:
    """A query without strings, comments and selectors of labels."""
    return _SELECTOR.sub("", _COMMENT.sub(" ", _STRING.sub('""', query)))


def aggregation(query: str) -> Aggregation | None:
    """The aggregation with which a plain query begins; None if it begins with something else."""
    begin = _BEGIN.match(query)
    if begin is None:
        return None
    rest = query[begin.end() :]
    labels = _LABELS.match(rest)
    inside, after = within(rest[labels.end() :] if labels else rest)
    if inside is None:
        return None
    if labels is None:
        labels = _LABELS.match(after)
        after = after[labels.end() :] if labels else after
    if labels is None:
        return Aggregation((), after)
    left = tuple(label.strip() for label in labels[2].split(",") if label.strip())
    return Aggregation(left if labels[1] == "by" else None, after)


def within(query: str) -> tuple[str | None, str]:
    """What the parentheses at the beginning contain, and what follows; None without a pair."""
    if not query.startswith("("):
        return None, query
    depth = 0
    for i, character in enumerate(query):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return query[1:i], query[i + 1 :]
    return None, query
