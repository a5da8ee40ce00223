"""Go templates in the texts of presets and services, evaluated as the controller evaluates them.

The controller writes the merged spec as JSON, runs text/template over it, and reads the result: a
text sees its own JSON form, so that `{{-` does not take away a line break, and a quote in an action
is an error. Bounded: the length of the texts is, and there are no loops without a list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from stackgen.facts.shape import as_dict
from stackgen.record import record
from stackgen.regex import regex

_WORDS = regex(
    r"\s*(`[^`]*`|\(|\)|\||:=|=|,|-?\d+(?:\.\d+)?|\$[\w.]*|(?:\.[A-Za-z_]\w*)+|\.|[A-Za-z_]\w*)"
)
_LONGEST = 1_000_000
Functions = Mapping[str, Callable[..., Any]]


class TemplateError(ValueError):
    """The controller cannot evaluate the text; the message says why."""


@record
class _Node:
    """A text, an action that prints, or a block. branches: (condition, body), None for else."""

    kind: str
    text: str = ""
    branches: tuple[tuple[str | None, tuple[_Node, ...]], ...] = ()


def render(tree: Any, data: Mapping[str, Any], functions: Functions) -> Any:
    """The tree with every template of its texts evaluated. Raises TemplateError."""
    if isinstance(tree, str):
        return evaluated(tree, data, functions) if "{{" in tree else tree
    if isinstance(tree, dict):
        return {
            render(key, data, functions) if "{{" in key else key: (
                value
                if isinstance(value, str) and "{{" not in value
                else render(value, data, functions)
            )
            for key, value in tree.items()
        }
    return [render(item, data, functions) for item in tree] if isinstance(tree, list) else tree


def evaluated(text: str, data: Mapping[str, Any], functions: Functions) -> str:
    """One text. Raises TemplateError."""
    nodes = _nodes(text)
    written = "".join(_run(nodes, data, data, functions))
    if len(written) > _LONGEST:
        raise TemplateError("the result is too long")
    try:
        result = json.loads(f'"{written}"', strict=False)
    except ValueError:
        raise TemplateError("the result is not JSON: a value holds a quote") from None
    assert isinstance(result, str)
    return result


@lru_cache(maxsize=1024)  # every service has the texts of the presets
def _nodes(text: str) -> tuple[_Node, ...]:
    nodes, rest = _parsed(_pieces(json.dumps(text, ensure_ascii=False)[1:-1]), 0, block=False)
    assert rest is None
    return nodes


def _pieces(text: str) -> list[tuple[str, str]]:
    """(kind, value) of texts and actions, with the whitespace that `{{-` and `-}}` take away."""
    found: list[tuple[str, str]] = []
    at, trim = 0, False
    while True:
        start = text.find("{{", at)
        literal = text[at:] if start < 0 else text[at:start]
        literal = literal.lstrip(" \t\r\n") if trim else literal
        if start < 0:
            found.append(("text", literal))
            return found
        end = _end(text, start)
        action = text[start + 2 : end]
        if action.startswith("-") and action[1:2].isspace():
            literal, action = literal.rstrip(" \t\r\n"), action[1:]
        trim = action.endswith("-") and action[-2:-1].isspace()
        action = action[:-1] if trim else action
        found += [("text", literal), ("action", action.strip())]
        at = end + 2


def _end(text: str, start: int) -> int:
    """Where `}}` closes the action; a raw string may hold one."""
    at, raw = start + 2, False
    while at < len(text):
        if text[at] == "`":
            raw = not raw
        elif not raw and text.startswith("}}", at):
            return at
        at += 1
    raise TemplateError("double braces open and do not close")


def _parsed(
    pieces: list[tuple[str, str]], at: int, *, block: bool
) -> tuple[tuple[_Node, ...], int | None]:
    """The nodes from `at` on, up to the `else` or `end` of the block, and where that is."""
    nodes: list[_Node] = []
    while at < len(pieces):
        kind, value = pieces[at]
        word = value.split(" ", 1)[0] if kind == "action" else ""
        if kind == "text":
            nodes.append(_Node("text", value))
        elif value.startswith("/*"):
            pass
        elif word in ("end", "else"):
            if not block:
                raise TemplateError(f"{word} without a block")
            return tuple(nodes), at
        elif word in ("if", "with", "range"):
            node, at = _block(pieces, at, word, value[len(word) :])
            nodes.append(node)
        elif word in ("define", "template", "block", "break", "continue"):
            raise TemplateError(f"{word} is not evaluated here")
        else:
            nodes.append(_Node("print", value))
        at += 1
    if block:
        raise TemplateError("a block has no end")
    return tuple(nodes), None


def _block(
    pieces: list[tuple[str, str]], at: int, word: str, condition: str | None
) -> tuple[_Node, int]:
    branches = []
    while True:
        body, stop = _parsed(pieces, at + 1, block=True)
        assert stop is not None
        branches.append((condition, body))
        at, value = stop, pieces[stop][1]
        if value == "end":
            return _Node(word, "", tuple(branches)), at
        rest = value.removeprefix("else").strip()
        condition = rest.removeprefix(word).strip() if rest.startswith(word) else None


def _run(
    nodes: tuple[_Node, ...], dot: Any, root: Mapping[str, Any], functions: Functions
) -> list[str]:
    out: list[str] = []
    for node in nodes:
        if node.kind == "text":
            out.append(node.text)
        elif node.kind == "print":
            out.append(_printed(_pipeline(node.text, dot, root, functions)))
        else:
            out += _branch(node, dot, root, functions)
    return out


def _branch(node: _Node, dot: Any, root: Mapping[str, Any], functions: Functions) -> list[str]:
    for condition, body in node.branches:
        if condition is None:
            return _run(body, dot, root, functions)
        value = _pipeline(condition, dot, root, functions)
        if not _true(value):
            continue
        if node.kind == "range":
            items = value.values() if isinstance(value, dict) else value
            if not isinstance(value, (dict, list)):
                raise TemplateError(f"range over {condition.strip()}, which is not a list")
            return [text for item in items for text in _run(body, item, root, functions)]
        return _run(body, value if node.kind == "with" else dot, root, functions)
    return []


def _pipeline(text: str, dot: Any, root: Mapping[str, Any], functions: Functions) -> Any:
    words = _split(text)
    value: Any = None
    first = True
    for command in _commands(words):
        if not command:
            raise TemplateError(f"nothing to evaluate in {text.strip()[:40]!r}")
        piped = () if first else (value,)
        value, first = _command(command, piped, dot, root, functions), False
    return value


@lru_cache(maxsize=1024)
def _split(text: str) -> list[Any]:
    """The words, with what stands in parentheses as a list of its own."""
    stack: list[list[Any]] = [[]]
    at = 0
    while text[at:].strip():
        match = _WORDS.match(text, at)
        if match is None:
            raise TemplateError(f"unexpected {text[at:].strip()[:20]!r}")
        at, word = match.end(), match[1]
        if word == "(":
            stack.append([])
        elif word == ")":
            if len(stack) == 1:
                raise TemplateError("a parenthesis closes and does not open")
            inner = stack.pop()
            stack[-1].append(inner)
        elif word in (":=", "=", ","):
            raise TemplateError("variables are not evaluated here")
        else:
            stack[-1].append(word)
        if len(stack) > 20:
            raise TemplateError("too many parentheses")
    if len(stack) > 1:
        raise TemplateError("a parenthesis does not close")
    return stack[0]


def _commands(words: list[Any]) -> list[list[Any]]:
    commands: list[list[Any]] = [[]]
    for word in words:
        if word == "|":
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def _command(
    words: list[Any],
    piped: tuple[Any, ...],
    dot: Any,
    root: Mapping[str, Any],
    functions: Functions,
) -> Any:
    head, rest = words[0], words[1:]
    if isinstance(head, str) and head in ("and", "or"):
        found: Any = None
        # Arguments are evaluated until the result is known.
        for word in (*rest, *piped):
            found = word if word in piped else _value(word, dot, root, functions)
            if _true(found) == (head == "or"):
                return found
        return found
    if isinstance(head, str) and re.fullmatch(r"[A-Za-z_]\w*", head) and head not in _CONSTANTS:
        function = functions.get(head) or _FUNCTIONS.get(head)
        if function is None:
            raise TemplateError(f"there is no function {head}")
        arguments = [*(_value(w, dot, root, functions) for w in rest), *piped]
        try:
            return function(*arguments)
        except (
            AttributeError, TypeError, ValueError, KeyError, IndexError, OverflowError,
        ) as error:  # fmt: skip
            raise TemplateError(f"{head}: {error}") from None
    if rest or piped:
        raise TemplateError(f"{head} is not a function")
    return _value(head, dot, root, functions)


_CONSTANTS = {"true": True, "false": False, "nil": None}


def _value(word: Any, dot: Any, root: Mapping[str, Any], functions: Functions) -> Any:
    if isinstance(word, list):
        value: Any = None
        for i, command in enumerate(_commands(word)):
            value = _command(command, (value,) if i else (), dot, root, functions)
        return value
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if word.startswith("`"):
        return word[1:-1]
    if word[0].isdigit() or word[0] == "-":
        return float(word) if "." in word else int(word)
    if word.startswith("$"):
        name, _, path = word.partition(".")
        if name != "$":
            raise TemplateError("variables are not evaluated here")
        return _field(root, path)
    if word.startswith("."):
        return _field(dot, word[1:])
    return _command([word], (), dot, root, functions)


def _field(value: Any, path: str) -> Any:
    """A field of Go's types: the first letter is large, that of the API's name is small."""
    for name in path.split(".") if path else ():
        if value is None:
            raise TemplateError(f"nil pointer evaluating {name}")
        if not isinstance(value, Mapping):
            raise TemplateError(f"can't evaluate field {name}")
        value = _member(value, name)
    return value


class Struct(dict[str, Any]):
    """An object of a Go type: a name that it does not have is an error."""


def _member(value: Mapping[str, Any], name: str) -> Any:
    if name in value:
        return value[name]
    if isinstance(value, Struct):
        raise TemplateError(f"can't evaluate field {name}")
    folded = {str(key).lower(): key for key in value}
    return value[folded[name.lower()]] if name.lower() in folded else None


def _true(value: Any) -> bool:
    return value is not None and value is not False and value not in ("", [], {}) and value != 0


def _printed(value: Any) -> str:
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        raise TemplateError("an object is printed in Go's notation, which is not predicted")
    return str(value)


def _compare(name: str) -> Callable[..., bool]:
    def compare(left: Any, *right: Any) -> bool:
        if not right:
            raise ValueError("missing argument for comparison")
        if name == "eq":
            return any(left == other for other in right)
        (other,) = right
        return bool(
            {"ne": lambda: left != other, "lt": lambda: left < other, "le": lambda: left <= other,
             "gt": lambda: left > other, "ge": lambda: left >= other}[name]()
        )  # fmt: skip

    return compare


def _print(*values: Any) -> str:
    return "".join(_printed(v) for v in values)


def _printf(form: Any, *values: Any) -> str:
    """Texts by %s and %v. Numbers of a service are pointers, which Go prints as addresses."""
    pieces, left = [], list(values)
    for piece in re.split(r"(%.)", str(form)):
        if piece in ("%s", "%v") and left and isinstance(left[0], str):
            pieces.append(left.pop(0))
        elif piece == "%%" or "%" not in piece:
            pieces.append("%" if piece == "%%" else piece)
        else:
            raise ValueError(f"{piece} of this value is not predicted")
    if left:
        raise ValueError("there are more values than verbs")
    return "".join(pieces)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "printf": _printf,
    "not": lambda value: not _true(value),
    "len": len,
    "index": lambda value, *keys: _indexed(value, keys),
    "print": _print,
    "println": lambda *values: " ".join(map(_printed, values)) + "\\n",
    **{name: _compare(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
}


def _indexed(value: Any, keys: tuple[Any, ...]) -> Any:
    for key in keys:
        value = as_dict(value).get(key) if isinstance(value, dict) else value[key]
    return value
