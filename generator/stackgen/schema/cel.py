"""Rules written in CEL, as users' own definitions carry them, with Kubernetes' functions added.

The engine is Google's, through cel-expr-python, imported when a rule must run. A rule it cannot
compile, that needs a function it lacks, or that can cost more than the server allows (see
cel_cost.py) is reported as not evaluated. A rule whose evaluation is an error refuses the document,
as on the server.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from stackgen.manifest.document import Path
from stackgen.record import record
from stackgen.regex import regex
from stackgen.schema.cel_cost import Size, bound, limits, size_of
from stackgen.schema.cel_tree import Expr, decode
from stackgen.schema.formats import loose_duration
from stackgen.schema.node import Node
from stackgen.schema.problem import Problem
from stackgen.schema.regex import UNREADABLE
from stackgen.schema.vocabulary import Unreadable
from stackgen.wording import and_list

# Field names that are words of CEL are written between underscores in rules.
_RESERVED = {
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function",
    "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
}  # fmt: skip
_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
# Texts and what is escaped are skipped; the rest is what a call of a format is made of.
_FORMAT = regex(
    r"\"(?:\\.|[^\"\\])*+\"|'(?:\\.|[^'\\])*+'|\\."
    r"|\bformat\s*\.\s*(?P<form>\w+)\(\)\s*\.\s*validate\(|(?P<bracket>[()])",
    re.DOTALL,
)
UNREAD = 0.5  # stands for a number that is not an integer; told apart by identity
_LONGEST = 100_000  # characters of a rule that the engine reads; the server's is the same
_LACKING = (UNREADABLE, "No matching overloads", "Unknown overload", "no such overload")


class NotEvaluatedError(Exception):
    """The engine has no answer; the message says why."""


class OverBudgetError(NotEvaluatedError):
    """The rule can cost more than the server allows; it refuses the object for the same reason."""


class RuleError(Exception):
    """The evaluation is an error, on the server as here."""


@record
class Ruled:
    """A value with rules in CEL: the rules, the value, its node and path, the value it replaces."""

    rules: tuple[dict[str, Any], ...]
    value: Any
    node: Node
    path: Path
    old: Any


def check_rules(places: Iterable[Ruled]) -> Iterator[Problem]:
    """The problems of the values of one object under their rules.

    The rules of an object share one budget. Those that it does not reach are not evaluated.
    """
    left: int = limits()["limits"]["one_object"]
    for place in places:
        unread: list[str] = []
        self = as_cel(place.value, place.node, unread)
        given = _Given.of({"self": self, "oldSelf": as_cel(place.old, place.node, [])})
        for rule in place.rules:
            try:
                left -= _cost(rule["cel"], given, left)
            except NotEvaluatedError as error:
                message = f"a rule was not evaluated: {error} ({_told(rule)})"
                certain = isinstance(error, OverBudgetError)
                yield Problem("schema-not-evaluated", place.path, message, certain=certain)
            else:
                yield from _check_rule(rule, place, given.data, unread)


def _told(rule: dict[str, Any]) -> str:
    return str(rule.get("message") or f"the rule `{' '.join(rule['cel'].split())}` does not hold")


def applies(rule: dict[str, Any], old: Any) -> bool:
    """Whether a rule in CEL is asked at all: one on a change needs an earlier value."""
    return old is not None or not _on_change(rule) or bool(rule.get("optional-old"))


def _on_change(rule: dict[str, Any]) -> bool:
    return re.search(r"\boldSelf\b", rule["cel"]) is not None


def _check_rule(
    rule: dict[str, Any], place: Ruled, data: dict[str, Any], unread: list[str]
) -> Iterator[Problem]:
    text, path = rule["cel"], place.path
    name = "schema-immutable" if _on_change(rule) else "schema-cross-field"
    try:
        held = evaluate(text, data)
        if unread and held is True and evaluate(text, _without(data)) is not True:
            # The server cannot read such a field; a rule that depends on it is an error there.
            raise RuleError(f"{and_list(unread)} must be written as an integer")
    except NotEvaluatedError as error:
        message = f"a rule was not evaluated: {error} ({_told(rule)})"
        yield Problem("schema-not-evaluated", path, message, certain=False)
    except RuleError as error:
        message = f"a rule cannot be evaluated and the server refuses that: {error} ({_told(rule)})"
        yield Problem(name, path, message)
    else:
        if held is not True:
            yield Problem(name, path, _told(rule))


@record
class _Given:
    """The variables of a rule, and their sizes."""

    data: dict[str, Any]
    sizes: dict[str, Size]

    @staticmethod
    def of(data: dict[str, Any]) -> _Given:
        return _Given(data, {name: size_of(value) for name, value in data.items()})


def _cost(text: str, given: _Given, left: int) -> int:
    """The units a rule costs at most. Raises NotEvaluatedError when that is above its limit."""
    units, _ = bound(_compiled(text, tuple(given.data))[1], given.sizes)
    allowed: int = limits()["limits"]["one_rule"]
    if units > allowed:
        raise OverBudgetError(f"it can cost more than the {allowed:,} units of one rule")
    if units > left:
        total = limits()["limits"]["one_object"]
        raise OverBudgetError(f"the rules of the object can cost more than {total:,} units")
    return units


def evaluate_within_limits(text: str, data: dict[str, Any]) -> Any:
    """The value of an expression of an admission policy. Raises NotEvaluatedError or RuleError."""
    _cost(text, _Given.of(data), limits()["limits"]["one_object"])
    return evaluate(text, data)


def evaluate(text: str, data: dict[str, Any]) -> Any:
    """The value of a rule. Raises NotEvaluatedError or RuleError."""
    with quiet():
        expression, _ = _compiled(text, tuple(data))
        try:
            result = expression.eval(data=data)
            failed = result.type().name() == "ERROR"
            plain = result.plain_value()
        except RuntimeError as error:
            raise NotEvaluatedError(_first(str(error))) from error
    if not failed:
        return plain
    reason = _first(str(plain))
    if any(word in reason for word in _LACKING):
        raise NotEvaluatedError(reason)
    raise RuleError(reason)


@lru_cache(maxsize=512)
def _compiled(text: str, names: tuple[str, ...] = ("self", "oldSelf")) -> tuple[Any, Expr]:
    """The rule for the engine, and as a tree. names: of the variables."""
    if len(text) > _LONGEST:
        raise OverBudgetError(f"it is longer than {_LONGEST:,} characters")
    try:
        expression = _environment(names).compile(with_format_calls(text))
        return expression, decode(expression.serialize())
    except (RuntimeError, ValueError) as error:
        raise NotEvaluatedError(_first(str(error))) from error


def _without(value: Any) -> Any:
    """A copy without the fields that rules cannot read."""
    if isinstance(value, dict):
        return {k: _without(v) for k, v in value.items() if v is not UNREAD}
    if isinstance(value, list):
        return [_without(v) for v in value]
    return value


def _first(text: str) -> str:
    """The gist of an engine's message: its first line, without the status word."""
    line = text.splitlines()[0] if text else "no reason is given"
    return re.sub(r"^[A-Z_]+: (?:ERROR: )?", "", line)


@lru_cache(maxsize=4)
def _environment(names: tuple[str, ...]) -> Any:
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_bindings, ext_math, ext_optional, ext_strings

    from stackgen.schema.cel_functions import declarations

    return cel.NewEnv(
        variables=dict.fromkeys(names, cel.Type.DYN),
        functions=declarations(),
        extensions=[
            ext_strings.ExtStrings(), ext_optional.ExtOptional(), ext_math.ExtMath(),
            ext_bindings.ExtBindings(),
        ],
    )  # fmt: skip


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The engine writes to file descriptor 2 by itself; keep reports clean."""
    sys.stderr.flush()
    saved = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    os.close(sink)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def with_format_calls(text: str) -> str:
    """`format.x().validate(v)` in terms of a function that gives the errors as a list."""
    out: list[str] = []
    open_calls: list[str] = []  # what closes each bracket that is open
    done = 0
    for found in _FORMAT.finditer(text):
        out.append(text[done : found.start()])
        done = found.end()
        if found["form"]:
            out.append(f'optional.ofNonZeroValue(formatErrors("{found["form"]}", ')
            open_calls.append("))")
        elif found["bracket"] == "(":
            out.append("(")
            open_calls.append(")")
        elif found["bracket"]:
            out.append(open_calls.pop() if open_calls else ")")
        else:
            out.append(found[0])
    return "".join(out) + text[done:]


def escaped(name: str) -> str | None:
    """The name of a field as rules write it, or None when they cannot."""
    if name in _RESERVED:
        return f"__{name}__"
    for mark, word in _ESCAPES:
        name = name.replace(mark, word)
    return name if _NAME.match(name) else None


def as_cel(value: Any, node: Node | None, unread: list[str], name: str = "") -> Any:
    """`value` with the types that its schema gives it; fields no rule can read go to `unread`."""
    if isinstance(value, dict):
        return _as_map(value, node, unread)
    if isinstance(value, list):
        inner = node.items if node is not None else None
        return [as_cel(item, inner, unread, name) for item in value]
    if node is None or value is None:
        return value
    if isinstance(value, Unreadable) or (isinstance(value, float) and node.type == "integer"):
        unread.append(name)
        return UNREAD
    if isinstance(value, str) and node.get("format"):
        return _formatted(value, str(node.get("format")))
    if isinstance(value, int) and node.type == "number" and not isinstance(value, bool):
        return float(value)
    return value


def _as_map(value: dict[str, Any], node: Node | None, unread: list[str]) -> dict[str, Any]:
    if node is None:
        return value
    fields = set(node.names())
    if not fields:
        return {k: as_cel(v, node.extra, unread, k) for k, v in value.items()}
    out: dict[str, Any] = {}
    for key, item in value.items():
        written = escaped(key)
        if key in fields and written is not None:
            out[written] = as_cel(item, node.child(key), unread, key)
    return out


def _formatted(text: str, form: str) -> Any:
    """Texts of some formats are times, durations and bytes to rules."""
    if form == "duration":
        from google.protobuf import duration_pb2

        nanos = loose_duration(text) or 0
        sign = -1 if nanos < 0 else 1
        seconds, rest = divmod(abs(nanos), 1_000_000_000)
        return duration_pb2.Duration(seconds=sign * seconds, nanos=sign * rest)
    if form in ("date", "date-time", "datetime"):
        from google.protobuf import timestamp_pb2

        try:
            moment = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
        except ValueError:
            return text
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        message = timestamp_pb2.Timestamp()
        message.FromDatetime(moment.astimezone(UTC).replace(tzinfo=None))
        return message
    if form == "byte":
        import base64
        import binascii

        try:
            return base64.b64decode(text)
        except binascii.Error:
            return text
    return text
