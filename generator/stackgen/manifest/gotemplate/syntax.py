"""The templates of Go, parsed: https://pkg.go.dev/text/template."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

from stackgen.record import record, slotted
from stackgen.regex import regex

MAX_TOKENS = 200_000  # in the actions of a file
MAX_DEPTH = 60  # blocks and parentheses within each other

_TOKEN = regex(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<text>"(?:\\.|[^"\\\n])*"|`[^`]*`)
    |(?P<char>'(?:\\[^\n]|[^'\\\n])+')
    |(?P<number>[+-]?(?:0[xX][0-9A-Fa-f_]+|[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?
        |\.[0-9]+(?:[eE][+-]?[0-9]+)?)(?![\w.]))
    |(?P<field>\.[A-Za-z_]\w*)
    |(?P<variable>\$\w*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>:=|[=|(),.])""",
    16 + 64,  # re.DOTALL, re.VERBOSE
)
_OPEN = regex(r"\{\{(-(?=[ \t\r\n]))?")
_CLOSE = regex(r"(?:[ \t\r\n]+-)?\}\}|[ \t\r\n]+\}\}")
_COMMENT = regex(r"[ \t\r\n]*/\*.*?\*/(?P<trim>[ \t\r\n]+-)?[ \t\r\n]*\}\}", 16)
_BLANK = " \t\r\n"


class TemplateError(Exception):
    """A template that Go refuses, or that fails. line: in the file of the template."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class UnsupportedError(TemplateError):
    """What a template needs and only helm or a cluster has."""


class Token(NamedTuple):
    kind: str
    text: str
    line: int
    joined: bool  # nothing stands between it and the token before


@slotted
class Text:
    text: str
    line: int


@record
class Action:
    """What is printed, or with variables only kept."""

    pipe: Pipe
    line: int


@record
class Pipe:
    """Commands, each with the result of the one before as its last argument."""

    names: tuple[str, ...]
    declares: bool
    commands: tuple[tuple[Any, ...], ...]
    line: int


@record
class Word:
    """A function by its name."""

    name: str


@record
class Constant:
    value: Any


@record
class Chain:
    """Fields of a value: of the dot, of a variable, or of what is in parentheses."""

    start: Any
    fields: tuple[str, ...]


@record
class Variable:
    name: str


DOT = Word(".")


@record
class Branch:
    """An `if`, `with` or `range`; `with` and `range` move the dot."""

    kind: str
    pipe: Pipe
    body: tuple[Any, ...]
    other: tuple[Any, ...]
    line: int


@record
class Call:
    """The action `template`."""

    name: str
    pipe: Pipe | None
    line: int


@record
class Leave:
    """`break` or `continue`."""

    kind: str


def parse(text: str, known: dict[str, tuple[Any, ...]]) -> tuple[Any, ...]:
    """The nodes of a text; the templates that it defines go into `known`.

    Raises TemplateError.
    """
    parser = _Parser(list(_pieces(text)), known)
    nodes, ended = parser.nodes(0)
    if ended:
        raise TemplateError(f"unexpected {{{{{ended}}}}}", parser.line)
    return nodes


def _pieces(text: str) -> Iterator[Text | list[Token]]:
    """The texts, trimmed, and the tokens of the actions between them."""
    breaks = [i for i, char in enumerate(text) if char == "\n"]
    position, trims, tokens = 0, False, 0
    for _ in range(len(text) + 1):
        found = _OPEN.search(text, position)
        end = found.start() if found else len(text)
        start = position
        if trims:
            start += len(text[start:end]) - len(text[start:end].lstrip(_BLANK))
        shown = text[start:end].rstrip(_BLANK) if found and found[1] else text[start:end]
        if shown:
            yield Text(shown, bisect_right(breaks, start - 1) + 1)
        if not found:
            return
        comment = _COMMENT.match(text, found.end())
        if comment:
            position, trims = comment.end(), bool(comment["trim"])
            continue
        action, position, trims = _action(text, found.end(), breaks)
        tokens += len(action)
        if tokens > MAX_TOKENS:
            raise TemplateError("has too many actions", action[-1].line)
        yield action


def _action(text: str, position: int, breaks: list[int]) -> tuple[list[Token], int, bool]:
    tokens: list[Token] = []
    joined = False
    begin = bisect_right(breaks, position - 1) + 1
    while True:
        close = _CLOSE.match(text, position)
        if close:
            return tokens, close.end(), close[0].endswith("-}}")
        token = _TOKEN.match(text, position)
        line = bisect_right(breaks, position - 1) + 1
        if token is None:
            said = "unclosed action" if position >= len(text) else "unexpected character in action"
            raise TemplateError(said, begin)
        kind = token.lastgroup or ""
        if kind != "space":
            tokens.append(Token(kind, token[0], line, joined))
        joined = kind != "space"
        position = token.end()


class _Parser:
    def __init__(self, pieces: list[Text | list[Token]], known: dict[str, tuple[Any, ...]]) -> None:
        self.pieces = pieces
        self.known = known
        self.at = 0
        self.line = 1
        self.tokens: list[Token] = []
        self.next = 0

    # Blocks

    def nodes(self, depth: int) -> tuple[tuple[Any, ...], str]:
        """The nodes up to an `end` or `else`, which is also given; its tokens are the next."""
        if depth > MAX_DEPTH:
            raise TemplateError("has too many blocks within each other", self.line)
        found: list[Any] = []
        while self.at < len(self.pieces):
            piece = self.pieces[self.at]
            self.at += 1
            if isinstance(piece, Text):
                found.append(piece)
                continue
            self.tokens, self.next = piece, 0
            if not piece:
                raise TemplateError("missing value for command", self.line)
            self.line = piece[0].line
            word = piece[0].text if piece[0].kind == "word" else ""
            if word in ("end", "else"):
                self.next = 1
                return tuple(found), word
            node = self._node(word, depth)
            if node is not None:
                found.append(node)
        return tuple(found), ""

    def _node(self, word: str, depth: int) -> Any:
        line = self.line
        if word in ("if", "with", "range"):
            self.next = 1
            return self._branch(word, depth)
        if word in ("define", "block"):
            self.next = 1
            name = self._name()
            pipe = self._pipe(depth) if word == "block" else None
            body, ended = self.nodes(depth + 1)
            if ended != "end":
                raise TemplateError(f"unclosed {word}", line)
            self.known[name] = body
            return Call(name, pipe, line) if word == "block" else None
        if word == "template":
            self.next = 1
            name = self._name()
            return Call(name, self._pipe(depth) if self._more() else None, line)
        if word in ("break", "continue") and len(self.tokens) == 1:
            return Leave(word)
        return Action(self._pipe(depth), line)

    def _branch(self, kind: str, depth: int) -> Branch:
        line = self.line
        pipe = self._pipe(depth)
        body, ended = self.nodes(depth + 1)
        other: tuple[Any, ...] = ()
        if ended == "else":
            if self._more():
                word = self.tokens[self.next].text
                if word not in ("if", "with"):
                    raise TemplateError("unexpected text after else", self.line)
                self.next += 1
                return Branch(kind, pipe, body, (self._branch(word, depth + 1),), line)
            other, ended = self.nodes(depth + 1)
        if ended != "end":
            raise TemplateError(f"unclosed {kind}", line)
        return Branch(kind, pipe, body, other, line)

    # Pipelines

    def _more(self) -> bool:
        return self.next < len(self.tokens)

    def _peek(self) -> Token | None:
        return self.tokens[self.next] if self._more() else None

    def _name(self) -> str:
        token = self._peek()
        if token is None or token.kind != "text":
            raise TemplateError("the name of a template is missing", self.line)
        self.next += 1
        return str(_constant(token).value)

    def _pipe(self, depth: int, inner: bool = False) -> Pipe:
        if depth > MAX_DEPTH:
            raise TemplateError("has too many parentheses within each other", self.line)
        line = self.tokens[self.next].line if self._more() else self.line
        names, declares = self._declared()
        commands: list[tuple[Any, ...]] = []
        while True:
            commands.append(self._command(depth))
            token = self._peek()
            if token is not None and token.text == "|" and token.kind == "sign":
                self.next += 1
                continue
            if token is not None and not inner:
                raise TemplateError(f"unexpected {token.text} in command", token.line)
            return Pipe(names, declares, tuple(commands), line)

    def _declared(self) -> tuple[tuple[str, ...], bool]:
        """The variables on the left of `:=` or `=`."""
        here, names = self.next, []
        while self._more() and self.tokens[here].kind == "variable":
            names.append(self.tokens[here].text)
            sign = self.tokens[here + 1] if here + 1 < len(self.tokens) else None
            if sign is not None and sign.text == "," and len(names) == 1:
                here += 2
                if here < len(self.tokens):
                    continue
            if sign is not None and sign.text in (":=", "="):
                self.next = here + 2
                return tuple(names), sign.text == ":="
            break
        return (), False

    def _command(self, depth: int) -> tuple[Any, ...]:
        found: list[Any] = []
        while (token := self._peek()) is not None and not (
            token.kind == "sign" and token.text in ("|", ")")
        ):
            found.append(self._operand(token, depth))
        if not found:
            raise TemplateError("missing value for command", self.line)
        return tuple(found)

    def _operand(self, token: Token, depth: int) -> Any:
        self.next += 1
        start: Any
        if token.kind == "field":
            self.next -= 1
            start = DOT
        elif token.kind == "variable":
            start = Variable(token.text)
        elif token.kind == "word":
            constant = {"true": True, "false": False, "nil": None}
            start = Constant(constant[token.text]) if token.text in constant else Word(token.text)
        elif token.text == "(":
            start = self._pipe(depth + 1, inner=True)
            closing = self._peek()
            if closing is None or closing.text != ")":
                raise TemplateError("unclosed left paren", token.line)
            self.next += 1
        elif token.text == ".":
            start = DOT
        elif token.kind in ("text", "char", "number"):
            start = _constant(token)
        else:
            raise TemplateError(f"unexpected {token.text} in operand", token.line)
        fields: list[str] = []
        first = token.kind == "field"
        while (after := self._peek()) is not None and after.kind == "field":
            if not after.joined and not first:
                break
            first = False
            fields.append(after.text[1:])
            self.next += 1
        return Chain(start, tuple(fields)) if fields else start


def _constant(token: Token) -> Constant:
    text = token.text
    try:
        if text.startswith("`"):
            return Constant(text[1:-1].replace("\r", ""))
        if token.kind == "text":
            return Constant(ast.literal_eval(text))
        if token.kind == "char":
            return Constant(ord(ast.literal_eval(text)))
        plain = text.replace("_", "")
        if plain.lower().lstrip("+-").startswith("0x"):
            return Constant(int(plain, 16))
        if any(char in plain for char in ".eE"):
            value = float(plain)
            # Go takes a number such as 1e3 for an integer where one is asked for.
            return Constant(value)
        return Constant(int(plain, 8) if plain.startswith("0") and plain != "0" else int(plain))
    except (ValueError, SyntaxError, TypeError):
        raise TemplateError(f"bad constant {text[:40]}", token.line) from None
