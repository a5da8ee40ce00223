"""A query of a rule that is no PromQL: its brackets or quotes do not match."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.queries import queries
from stackgen.facts.shape import plain
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

_STRING = regex(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_COMMENT = regex(r"#[^\n]*")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_WORDS = regex(
    r"(?:\b(?:and|or|unless|by|without|on|ignoring|offset|bool)|[-+*/%^,]|[=!<>]=?)\s*\Z"
)


def check(context: Context) -> Violations:
    """One finding for each query of a rule."""
    for query in queries(context.bundle.objects):
        given = query.resource.get(*query.path)
        if query.path[-1:] == ("expr",) and isinstance(given, str) and plain(given):
            wrong = _wrong(given)
            if wrong:
                yield violation(
                    f"the query is not PromQL: {wrong}", Place(query.resource, query.path)
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
    return "it ends with an operator" if _WORDS.search(rest) else ""
