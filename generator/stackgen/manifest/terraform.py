"""Terraform files: the blocks of resources and variables, with constants as values.

Few expressions are evaluated. A variable has the default that a file beside gives it, and a block
with `for_each` or `count` is there once for each entry of a constant, or as often as a number says;
every other expression is kept as `${...}`, which no rule takes for a value.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from stackgen.manifest.document import Mark
from stackgen.record import record
from stackgen.regex import regex

SUFFIXES = (".tf",)
# Files with values of variables, and those of them that Terraform reads by itself.
VALUES = (".tfvars",)
_READ_BY_ITSELF = regex(r"(?:\A|/)(?:terraform|[^/]*\.auto)\.tfvars\Z")
_DECLARED = regex(
    r'(?m)^[ \t]*(variable|module|resource|data)[ \t]+"?([\w-]+)"?(?:[ \t]+"?([\w-]+)"?)?[ \t]*\{'
)
_PROVIDERS = "google|aws|azurerm|kubernetes|helm|kubectl|random|null|tls|time"
_REFERENCE = regex(
    rf"(?<![\w.\"-])(?:(var|module)\.([A-Za-z_][\w-]*)|(data\.)?((?:{_PROVIDERS})_\w+)\.([A-Za-z_][\w-]*))"
)
_FILLED_IN = regex(r"(?<!\$)\$\{([^{}]*)\}")
# These name what was, or will be.
_ELSEWHERE = regex(r"(?ms)^[ \t]*(?:moved|removed|import)\s*\{.*?^[ \t]*\}")
MAX_NESTING = 40
_TOKEN = regex(
    r"(?P<space>[ \t\r]+)|(?P<line>\n)|(?P<comment>(?:#|//)[^\n]*|/\*.{0,5000}?\*/)"
    r"|(?P<here><<-?(?P<word>\w+)\n.{0,20000}?\n[ \t]*(?P=word)\b)"
    r"|(?P<text>\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\")|(?P<name>[A-Za-z_][\w-]*(?:\.[\w*-]+)*)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<sign>.)",
    re.DOTALL,
)
_HERE = regex(r"<<-?(\w+)\s*\Z")
_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
# Functions whose argument is the value, as a text or a set.
_ENCODED = ("yamlencode", "jsonencode", "toset")
_LONGEST = 2000  # characters of a value that is put into a text
_MOST_ENTRIES = 50  # of `for_each` and `count`
_EACH = r"(?P<word>each\.key|each\.value|count\.index)(?:\.(?P<field>\w+)|\[\"(?P<item>\w+)\"\])?"
_EACH_IN_TEXT = regex(rf"\$\{{{_EACH}\}}")
# The value of a field, or a constant for entries without it.
_EACH_OR = regex(
    r"\$\{(?:try|lookup)\(each\.value(?:\.(?P<field>\w+)|,\"(?P<item>\w+)\"),(?P<other>[\w.-]+|\"[^\"$]*\")\)\}"
)
_SHOWN = 300  # characters of an expression that are kept
_OPEN, _CLOSE = "([{", ")]}"


@record
class Attribute:
    """The value of an attribute and where it stands."""

    value: Any
    mark: Mark


@record
class Block:
    """A block: `labels` are the words after its type, `mark` is where it begins."""

    type: str
    labels: tuple[str, ...]
    mark: Mark
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def find(self, *path: str) -> Attribute | None:
        """The attribute at a path through the first block of each type."""
        here: Block | None = self
        for step in path[:-1]:
            here = next((b for b in here.blocks if b.type == step), None) if here else None
        return here.attributes.get(path[-1]) if here is not None else None


def declared(text: str) -> Iterator[str]:
    """What a file declares, as expressions name it: `var.a`, `module.b`, `TYPE.NAME`."""
    for kind, first, second in _DECLARED.findall(text):
        if kind in ("variable", "module"):
            yield f"{'var' if kind == 'variable' else kind}.{first}"
        elif second:
            yield f"{'data.' if kind == 'data' else ''}{first}.{second}"


def references(text: str) -> Iterator[tuple[str, Mark]]:
    """The variables, modules and resources that expressions of a file name."""
    # The lines stay, so that the places do.
    text = _ELSEWHERE.sub(lambda m: "\n" * m[0].count("\n"), text)
    before = ""
    for token in _tokens(text):
        parts = [token.text] if token.kind == "name" and before != "." else []
        parts = _FILLED_IN.findall(token.text) if token.kind in ("text", "here") else parts
        for match in (m for part in parts for m in _REFERENCE.finditer(part)):
            own = f"{match[1]}.{match[2]}" if match[1] else f"{match[4]}.{match[5]}"
            yield (match[3] or "") + own, token.mark
        before = token.text


@record
class _Token:
    kind: str
    text: str
    mark: Mark


# A variable, or a local value with its prefix.
_NAMED_VALUE = r"\$\{(?:var\.(\w+)|(local\.\w+))\}"


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self.tokens = _tokens(text)
        self.first = next(self.tokens, None)
        self.variables = variables

    def peek(self) -> _Token | None:
        return self.first

    def next(self) -> _Token | None:
        found, self.first = self.first, next(self.tokens, None)
        return found

    def body(self, depth: int = 0) -> tuple[dict[str, Attribute], list[Block]]:
        """Attributes and blocks up to the closing brace, or the end."""
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        while (token := self.next()) is not None and token.text != "}":
            if token.kind != "name":
                continue
            labels: list[str] = []
            after = self.next()
            while after is not None and after.kind in ("text", "name"):
                labels.append(after.text.strip('"'))
                after = self.next()
            if after is None:
                break
            if after.text == "=":
                first = self.peek()
                value = self.value(depth)
                attributes[token.text] = Attribute(value, first.mark if first else token.mark)
            elif after.text == "{" and depth < MAX_NESTING:
                inner, below = self.body(depth + 1)
                blocks.append(Block(token.text, tuple(labels), token.mark, inner, tuple(below)))
        return attributes, blocks

    def value(self, depth: int) -> Any:
        """The value up to the end of the line; of lists and maps, up to the bracket."""
        first = self.next()
        if first is None or depth > MAX_NESTING:
            return None
        if first.text in ("[", "{"):
            return self.collection(first, depth)
        after = self.peek()
        if first.text in _ENCODED and after is not None and after.text == "(":
            return self.encoded(depth)
        return self.constant(first) if self.ended() else self.rest(first.text, first.text in _OPEN)

    def ended(self) -> bool:
        """Whether nothing more belongs to the value."""
        after = self.peek()
        return after is None or after.kind == "line" or after.text in (",", *_CLOSE)

    def collection(self, first: _Token, depth: int) -> Any:
        """A list or a map, or an expression that begins like one."""
        self.skip_lines()
        token = self.peek()
        if token is not None and token.text == "for":
            return self.rest(first.text, True)
        found = self.items("]", depth) if first.text == "[" else dict(self.items("}", depth))
        return found if self.ended() else self.rest(first.text, False)

    def skip_lines(self) -> None:
        while (token := self.peek()) is not None and token.kind == "line":
            self.next()

    def items(self, close: str, depth: int) -> list[Any]:
        found: list[Any] = []
        while (token := self.peek()) is not None and token.text != close:
            if token.kind == "line" or token.text == ",":
                self.next()
                continue
            if close == "}":
                self.next()
                if (sign := self.next()) is None or sign.text not in "=:":
                    continue
                found.append((token.text.strip('"'), self.value(depth + 1)))
            else:
                found.append(self.value(depth + 1))
        self.next()
        return found

    def constant(self, token: _Token) -> Any:
        if token.kind == "text":
            whole = re.fullmatch(rf'"{_NAMED_VALUE}"', token.text)
            if whole and (whole[1] or whole[2]) in self.variables:
                return self.variables[whole[1] or whole[2]]
            return re.sub(_NAMED_VALUE, self._variable, token.text[1:-1])
        if token.kind == "number":
            return float(token.text) if "." in token.text else int(token.text)
        kind, _, name = token.text.partition(".")
        if kind == "var" and name in self.variables:
            return self.variables[name]
        if kind == "local" and token.text in self.variables:
            return self.variables[token.text]
        return _CONSTANTS.get(token.text, f"${{{token.text}}}")

    def _variable(self, match: re.Match[str]) -> str:
        found = str(self.variables.get(match[1] or match[2], match[0]))
        return found if len(found) <= _LONGEST else match[0]

    def rest(self, said: str, in_brackets: bool) -> str:
        """An expression: to the end of the line outside of brackets, or what ends the list.

        said: how it begins.
        """
        open_ = int(in_brackets)
        while (token := self.peek()) is not None:
            if not open_ and (token.kind == "line" or token.text in (",", *_CLOSE)):
                break
            open_ += (token.text in _OPEN) - (token.text in _CLOSE)
            said += token.text if len(said) < _SHOWN else ""
            self.next()
        return f"${{{said}}}"

    def encoded(self, depth: int) -> Any:
        """What a function makes a text of, in its brackets."""
        self.next()
        self.skip_lines()
        found = self.value(depth + 1)
        while (token := self.peek()) is not None and (token.kind == "line" or token.text == ","):
            self.next()
        if token is not None and token.text == ")":
            self.next()
        return found


def _tokens(text: str) -> Iterator[_Token]:
    line, begin = 1, 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "space":  # two of five
            continue
        found, start = match[0], match.start()
        column = start - begin + 1
        if kind == "line":
            yield _Token(kind, found, Mark(line, column, column + 1))
            line, begin = line + 1, start + 1
            continue
        if kind != "comment":
            width = len(found.partition("\n")[0]) or 1
            yield _Token(
                "here" if kind == "word" else kind, found, Mark(line, column, column + width)
            )
        if "\n" in found:
            line += found.count("\n")
            begin = start + found.rindex("\n") + 1


def read(text: str, variables: Mapping[str, Any] | None = None) -> list[Block]:
    """The blocks of a file. Never raises: what cannot be read is left out."""
    return _Reader(text, variables or {}).body()[1]


def unclosed(text: str) -> tuple[Mark, str] | None:
    """Where a block, string or here-document begins that the file does not close, and what it is.

    A bracket that closes nothing counts, too. None if all is closed, or where quotes and comments
    may hide brackets: a string in an expression in a string, or a long comment.
    """
    open_: list[tuple[str, Mark]] = []
    first: _Token | None = None  # of the line
    before = ""
    for token in _tokens(text):
        nested = token.kind == "text" and token.text.count("${") > token.text.count("}")
        if nested or token.text == '"' or before + token.text in ("<<", "/*"):
            what = "" if nested else _unended(text, token)
            return (token.mark, what) if what else None
        before = token.text
        first = None if token.kind == "line" else first or token
        if token.text in tuple(_OPEN):
            open_.append((_CLOSE[_OPEN.index(token.text)], first.mark if first else token.mark))
        elif token.text in tuple(_CLOSE) and (not open_ or open_.pop()[0] != token.text):
            return token.mark, "bracket"
    return (open_[-1][1], "bracket") if open_ else None


def _unended(text: str, token: _Token) -> str:
    """What has no end, of a string, comment or here-document at a token; "" if not certain."""
    line, *rest = text.split("\n")[token.mark.line - 1 :]
    after = "\n".join((line[token.mark.column :], *rest))
    if token.text == "*":
        return "" if "*/" in after else "comment"
    if token.text == '"':
        # An expression in a string may have several lines.
        written = line[token.mark.column - 1 :]
        return "" if ("${" in written or "%{" in written) and '"' in after else "string"
    found = _HERE.search(line)
    ended = found is None or any(one.strip() == found[1] for one in rest)
    return "" if ended else "here-document"


def heredoc(value: Any) -> str | None:
    """The text of a value that is a here-document, without its indentation; None for others."""
    if not isinstance(value, str) or not value.startswith("${<<"):
        return None
    _, _, body = value.removeprefix("${").removesuffix("}").partition("\n")
    return textwrap.dedent(body.rpartition("\n")[0])


def defaults(blocks: list[Block]) -> dict[str, Any]:
    """The defaults of variables by their names, and local values as `local.NAME`.

    Constants, texts with expressions in them, and maps that may have expressions as values.
    """
    found: dict[str, Any] = {}
    for block in blocks:
        if block.type == "locals":
            found |= {f"local.{key}": one.value for key, one in block.attributes.items()}
        default = block.attributes.get("default")
        if block.type == "variable" and block.labels and default is not None:
            found[block.labels[0]] = default.value
    return {k: v for k, v in found.items() if v is not None and (isinstance(v, dict) or _known(v))}


def given(text: str) -> Mapping[str, Attribute]:
    """The values that a file gives to variables."""
    return _Reader(text, {}).body()[0]


def given_in(folder: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """The values that Terraform reads in a folder beside the defaults of variables.

    texts: of files with values, by path. A later file has the last word; `terraform.tfvars` is the
    first.
    """
    found: dict[str, Any] = {}
    names = [one for one in texts if os.path.dirname(one) == folder and _READ_BY_ITSELF.search(one)]
    for name in sorted(names, key=lambda one: (one.endswith(".auto.tfvars"), one)):
        found |= {key: one.value for key, one in given(texts[name]).items() if _known(one.value)}
    return found


def is_read(name: str) -> bool:
    """Whether Terraform reads a file of values that is beside its files without being told."""
    return _READ_BY_ITSELF.search(name) is not None


def _known(value: Any) -> bool:
    """Whether a value is a constant, or a text of which a part is known."""
    if isinstance(value, str):
        return not (value.startswith("${") and value.endswith("}") and value.count("${") == 1)
    return "${" not in str(value)


def repeated(block: Block) -> list[Block]:
    """A block once for each entry of its `for_each`, or as often as its `count` says.

    Itself if these are not constants.
    """
    each, count = block.find("for_each"), block.find("count")
    given = each.value if each is not None else None
    if isinstance(given, list) and all(isinstance(one, str) and _known(one) for one in given):
        given = {one: one for one in given}
    if count is not None and type(count.value) is int and count.value <= _MOST_ENTRIES:
        given = dict.fromkeys(range(count.value))
    if not isinstance(given, dict) or not 0 < len(given) <= _MOST_ENTRIES:
        return [block]
    kept = {k: v for k, v in block.attributes.items() if k not in ("for_each", "count")}
    block = replace(block, attributes=kept)
    return [_of_entry(block, key, value) for key, value in given.items()]


def _of_entry(block: Block, key: str | int, entry: Any) -> Block:
    """A block for one entry of its `for_each`, or one number of its `count`."""
    attributes = {
        name: Attribute(_with_entry(one.value, key, entry), one.mark)
        for name, one in block.attributes.items()
    }
    # A block within may have entries of its own.
    inner = tuple(
        b if "for_each" in b.attributes else _of_entry(b, key, entry) for b in block.blocks
    )
    return Block(block.type, block.labels, block.mark, attributes, inner)


def _with_entry(value: Any, key: str | int, entry: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_entry(one, key, entry) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_entry(one, key, entry) for one in value]
    if not isinstance(value, str) or not ("each." in value or "count." in value):
        return value

    def said(match: re.Match[str]) -> Any:
        """The value that is meant; the expression where it is not known."""
        named = match["field"] or match["item"]
        found = entry if match.groupdict().get("word", "each.value") == "each.value" else key
        if named:
            found = found.get(named) if isinstance(found, dict) else None
        return match[0] if found is None or not _known(found) else found

    def text(match: re.Match[str]) -> str:
        found = said(match)
        plain = isinstance(found, (str, int, float)) and not isinstance(found, bool)
        return str(found) if plain and len(str(found)) <= _LONGEST else match[0]

    if whole := _EACH_IN_TEXT.fullmatch(value):
        return said(whole)
    if other := _EACH_OR.fullmatch(value):
        has = isinstance(entry, dict) and (other["field"] or other["item"]) in entry
        return said(other) if has else _constant(other["other"])
    return _EACH_IN_TEXT.sub(text, value)


def _constant(text: str) -> Any:
    found = next(_tokens(text), None)
    return _Reader("", {}).constant(found) if found is not None else None
