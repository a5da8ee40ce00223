"""The evaluation of parsed templates, bounded in steps, depth and output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stackgen.manifest.gotemplate.syntax import (
    DOT,
    Action,
    Branch,
    Call,
    Chain,
    Constant,
    Leave,
    Pipe,
    TemplateError,
    Text,
    UnsupportedError,
    Variable,
    Word,
)
from stackgen.manifest.gotemplate.values import shown, type_name, within

MAX_STEPS = 500_000  # nodes that are evaluated for one chart
MAX_OUTPUT = 16 << 20  # characters of one chart
MAX_NESTED = 40  # templates that include each other

# A text and the line that makes it: negative where all lines of the text are made by that one. An
# empty text is a value that is not set.
Piece = tuple[str, int]
# Functions that write a value into a text; others, such as `default`, look whether there is one.
_WRITES = frozenset({"printf", "print", "cat", "trunc", "lower", "replace"})
Function = Callable[..., Any]


def field_of_map(value: Any, name: str) -> Any:
    """A field of a value as helm has values. Raises TemplateError."""
    method = getattr(value, "method", None)  # of helm's own objects
    if method is not None and method(name) is not None:
        return method(name)
    if isinstance(value, dict):
        return value.get(name)
    if value is None:
        raise TemplateError(f"nil pointer evaluating interface {{}}.{name}")
    raise TemplateError(f"can't evaluate field {name} in type {type_name(value)}")


class _LeaveError(Exception):
    """`break` or `continue` on its way to the loop."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Evaluator:
    """Templates that know each other, and what is left of their budget.

    functions: by name; the ones in `with_me` are given the evaluator first. field: a field of a
    value by its name. shown: what an action prints of its value. drawn: something was drawn at
    random. drawing: the letter in its place. lenient: what is required may be missing.
    """

    def __init__(
        self,
        templates: dict[str, tuple[Any, ...]],
        functions: Mapping[str, Function],
        with_me: Mapping[str, Function],
        field: Callable[[Any, str], Any] = field_of_map,
        shown: Callable[[Any], str] = shown,
    ) -> None:
        self.templates = templates
        self.functions = functions
        self.with_me = with_me
        self.field = field
        self.shown = shown
        self.steps = MAX_STEPS
        self.left = MAX_OUTPUT
        self.nested = 0
        self.drawn = False
        self.drawing = "x"
        self.lenient = False
        self.holes = 0  # values that are empty and were written into a text

    def run(self, name: str, data: Any) -> list[Piece]:
        """What a template makes of `data`. Raises TemplateError."""
        nodes = self.templates.get(name)
        if nodes is None:
            raise TemplateError(f'no template "{name}"')
        if self.nested >= MAX_NESTED:
            shown_name = name if name.isprintable() else "a text for tpl"
            raise TemplateError(f'"{shown_name}" is included too deep')
        self.nested += 1
        try:
            out: list[Piece] = []
            self._nodes(nodes, data, [{"$": data}], out)
            return out
        except RecursionError:
            raise TemplateError("values or templates are nested too deep") from None
        finally:
            self.nested -= 1

    def text(self, name: str, data: Any) -> str:
        """As `run`, as one text."""
        return within("".join(text for text, _ in self.run(name, data)))

    def spend(self, steps: int = 1) -> None:
        """Count steps. Raises TemplateError when too many were taken."""
        self.steps -= steps
        if self.steps < 0:
            raise UnsupportedError("takes too many steps")

    def draw(self, length: int) -> str:
        """In place of a text that helm draws at random: as long, and always the same."""
        self.drawn = True
        return self.drawing * length

    # Nodes

    def _nodes(
        self, nodes: tuple[Any, ...], dot: Any, scopes: list[dict[str, Any]], out: list[Piece]
    ) -> None:
        for node in nodes:
            self.spend()
            if isinstance(node, Text):
                self._print(node.text, node.line, out)
            elif isinstance(node, Action):
                before = self.holes
                value = self._pipe(node.pipe, dot, scopes)
                if not node.pipe.names:
                    self._print(self.shown(value), -node.line, out)
                    if self.holes > before:
                        self._print("", -node.line, out)
            elif isinstance(node, Branch):
                self._branch(node, dot, scopes, out)
            elif isinstance(node, Call):
                data = self._pipe(node.pipe, dot, scopes) if node.pipe is not None else None
                for text, _ in self._located(node.line, self.run, node.name, data):
                    self._print(text, -node.line, out)
            elif isinstance(node, Leave):
                raise _LeaveError(node.kind)

    def _print(self, text: str, line: int, out: list[Piece]) -> None:
        self.left -= len(text)
        if self.left < 0:
            raise UnsupportedError("makes too much text")
        out.append((text, line))

    def _branch(
        self, node: Branch, dot: Any, scopes: list[dict[str, Any]], out: list[Piece]
    ) -> None:
        scopes = [*scopes, {}]
        if node.kind == "range":
            self._range(node, dot, scopes, out)
            return
        value = self._pipe(node.pipe, dot, scopes)
        if value or callable(value):
            self._nodes(node.body, value if node.kind == "with" else dot, [*scopes, {}], out)
        else:
            self._nodes(node.other, dot, [*scopes, {}], out)

    def _range(
        self, node: Branch, dot: Any, scopes: list[dict[str, Any]], out: list[Piece]
    ) -> None:
        bare = Pipe((), False, node.pipe.commands, node.pipe.line)
        value = self._pipe(bare, dot, scopes)
        pairs: Any
        if isinstance(value, dict):
            pairs = [(key, value[key]) for key in sorted(value)]
        elif isinstance(value, list):
            pairs = list(enumerate(value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if not abs(value) <= MAX_STEPS:
                raise UnsupportedError("takes too many steps", node.line)
            pairs = ((i, i) for i in range(int(value)))
        elif value is None:
            pairs = []
        else:
            raise TemplateError("range can't iterate over a text", node.line)
        names, empty = node.pipe.names, True
        for key, one in pairs:
            self.spend()
            empty = False
            scope: dict[str, Any] = {}
            given = (key, one) if len(names) == 2 else (one,)
            for name, what in zip(names, given, strict=False):
                if node.pipe.declares:
                    scope[name] = what
                else:
                    _assign(scopes, name, what)
            try:
                self._nodes(node.body, one, [*scopes, scope], out)
            except _LeaveError as leave:
                if leave.kind == "break":
                    break
        if empty:
            self._nodes(node.other, dot, [*scopes, {}], out)

    # Pipelines

    def _pipe(self, pipe: Pipe, dot: Any, scopes: list[dict[str, Any]]) -> Any:
        value: Any = None
        for i, command in enumerate(pipe.commands):
            last = (value,) if i else ()
            value = self._located(pipe.line, self._command, command, last, dot, scopes)
        for name in pipe.names:
            if pipe.declares:
                scopes[-1][name] = value
            else:
                _assign(scopes, name, value)
        return value

    def _located(self, line: int, function: Function, *given: Any) -> Any:
        """As `function`, with the line for what it raises."""
        try:
            return function(*given)
        except TemplateError as error:
            # Of templates within each other, the outermost line is the one in the file.
            error.line = line
            raise

    def _command(
        self,
        command: tuple[Any, ...],
        last: tuple[Any, ...],
        dot: Any,
        scopes: list[dict[str, Any]],
    ) -> Any:
        self.spend()
        head, *others = command
        if isinstance(head, Word) and head is not DOT:
            return self._function(head.name, others, last, dot, scopes)
        given = [self._operand(one, dot, scopes) for one in others]
        value = self._operand(head, dot, scopes, (*given, *last))
        if (given or last) and not isinstance(head, Chain):
            raise TemplateError("can't give argument to non-function")
        return value

    def _function(
        self,
        name: str,
        others: list[Any],
        last: tuple[Any, ...],
        dot: Any,
        scopes: list[dict[str, Any]],
    ) -> Any:
        if name in ("and", "or"):
            value: Any = last[0] if last and not others else None
            for one in others:
                value = self._operand(one, dot, scopes)
                if bool(value) is (name == "or"):
                    return value
            return last[0] if last else value
        given = [self._operand(one, dot, scopes) for one in others]
        given += last
        if name in _WRITES and any(one in ("", None) for one in given):
            self.holes += 1
        mine = self.with_me.get(name)
        if mine is not None:
            return self._called(name, mine, [self, *given])
        known = self.functions.get(name)
        if known is None:
            raise UnsupportedError(f'the function "{name}" is not known')
        return self._called(name, known, given)

    @staticmethod
    def _called(name: str, function: Function, given: list[Any]) -> Any:
        try:
            return function(*given)
        except TemplateError:
            raise
        except RecursionError:
            raise
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError):
            raise TemplateError(f"error calling {name}") from None

    def _operand(
        self, one: Any, dot: Any, scopes: list[dict[str, Any]], given: tuple[Any, ...] = ()
    ) -> Any:
        if isinstance(one, Constant):
            return one.value
        if one is DOT:
            return dot
        if isinstance(one, Variable):
            for scope in reversed(scopes):
                if one.name in scope:
                    return scope[one.name]
            raise TemplateError(f'undefined variable "{one.name}"')
        if isinstance(one, Pipe):
            return self._pipe(one, dot, scopes)
        if isinstance(one, Chain):
            value = self._operand(one.start, dot, scopes)
            if value is None:
                return None  # Go fails for a field without a value, not for such a start
            for i, name in enumerate(one.fields):
                value = self.field(value, name)
                final = i == len(one.fields) - 1
                if callable(value):
                    value = self._called(name, value, list(given if final else ()))
                elif given and final:
                    raise TemplateError(f"{name} is not a method but has arguments")
            return value
        if isinstance(one, Word):
            return self._function(one.name, [], (), dot, scopes)
        raise TemplateError("not an operand")


def _assign(scopes: list[dict[str, Any]], name: str, value: Any) -> None:
    for scope in reversed(scopes):
        if name in scope:
            scope[name] = value
            return
    raise TemplateError(f'undefined variable "{name}"')
