"""How text of others is written into each kind of output: as text, and never as anything else.

Names, messages and paths come from files that anyone may have written. There is one function for
each kind of output; whatever prints such a text calls it. What a reader cannot see (control
characters, marks that change the direction of text, characters of no width) is written as a
visible escape such as `\\x1b` or `\\u202e`. What has the shape of a credential is starred out
before it is escaped, except in `quoted`: with that, values are written into rendered files.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring
from typing import Any

from stackgen.redact import may_look_like_credential, starred, starred_tree
from stackgen.regex import regex

# Characters of a word that is shown whole, and of the begin of a longer one.
_LONGEST, _BEGIN = 300, 80
_LONG_WORD = regex(rf"\S{{{_LONGEST},}}")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
# The colors and links that `report.style` writes.
_OURS = regex("(\x1b\\[[0-9;]{1,8}m|\x1b]8;;(?:(?:file|vscode)://[!-~]{1,4096})?\x1b\\\\)")
# What the runner of GitHub Actions takes for a command, on standard output and standard error:
# `::name` at the start of a line, and the older `##[` anywhere in it. Not `::ffff:0:0`.
_COMMAND = regex(r"::(?=[^\S\n]*[A-Za-z][\w-]*(?:\s|::))")
_OLD_COMMAND = "##["
_MARKDOWN = regex(r"[\\`*_\[\]|~]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# `:` of an address would make it a link. GitHub looks for addresses of e-mail, mentions and numbers
# of issues in the text after entities are replaced: a space of no width ends what they begin.
_MARKDOWN_ENTITIES = regex(r"[&<>#@]|(?<=[a-zA-Z]):(?=//)|(?<=www)\.|(?<=\b[Gg][Hh])-(?=[0-9])")
_NO_WIDTH = "&#8203;"
_REFERENCES = frozenset("#@-")
_MERMAID = regex(r"[^\w .,:/()\[\]?*=+-]|_(?=_)")
_TEMPLATE = regex(r"[$%](?=\{)")


# -- terminals -------------------------------------------------------------------------------


def visible(text: str) -> str:
    """`text` on one line, each character that cannot be seen as an escape."""
    return _on_one_line(starred(text))


def _on_one_line(text: str) -> str:
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(text: str) -> str:
    """`text`, of whose longest words the begin is left: an argument may be as large as a file."""
    if len(text) <= _LONGEST:
        return text
    return _LONG_WORD.sub(lambda word: f"{word[0][:_BEGIN]}...", text)


def message(text: str) -> str:
    """A message on one line of its own, that the runner of a CI job does not take for a command."""
    return lines(visible(text))


def lines(text: str, *, commands: bool = False) -> str:
    """A whole output of several lines, safe to print: the last step before each stream and file.

    Line breaks and our own colors and links stay. commands: the output consists of workflow
    commands, so keep what looks like one.
    """
    if not commands:
        text = _without_old_commands(_without_commands(text))
    if text.replace("\n", "").isprintable():
        return text
    return "\n".join(map(_line, text.split("\n")))


def _without_commands(text: str) -> str:
    parts: list[str] = []
    done = 0
    for start in _commands(text):
        parts += (text[done:start], "\\x3a")
        done = start + 1
    return "".join(parts) + text[done:] if parts else text


def _commands(text: str) -> Iterator[int]:
    """Where a command begins in its line: each `::` is looked at, and not each line."""
    before = -1  # the last `::`: a second one in a line begins nothing
    for match in _COMMAND.finditer(text):
        start = match.start()
        line = text.rfind("\n", max(before, 0), start) + 1
        if (line or before < 0) and not text[line:start].strip():
            yield start
        before = start


def _without_old_commands(text: str) -> str:
    return text.replace(_OLD_COMMAND, "##\\x5b")


def _line(text: str) -> str:
    if text.isprintable():
        return text
    parts = _OURS.split(text)
    return "".join(
        part if i % 2 else "".join(c if c == "\t" else _visible(c) for c in part)
        for i, part in enumerate(parts)
    )


# -- data ------------------------------------------------------------------------------------


def json_text(value: Any, indent: int | None = 2) -> str:
    """`value` as JSON that every reader accepts, and that is safe on a terminal."""
    text = _json(value, indent)
    if may_look_like_credential(text):  # of the whole, to save time: most hold nothing like it
        text = _json(starred_tree(value), indent)
    text = text.replace(_OLD_COMMAND, "##\\u005b")
    if text.replace("\n", "").isprintable():
        return text
    # Outside of strings JSON holds nothing but ASCII and line breaks.
    return "".join(c if c == "\n" or c.isprintable() else _json_escape(c) for c in text)


def _json(value: Any, indent: int | None) -> str:
    """As `json.dumps`, which works on each part by itself as soon as it indents."""
    if indent is None:
        return json.dumps(value, ensure_ascii=False)
    return _indented(value, "\n", " " * indent)


def _indented(value: Any, line: str, step: str) -> str:
    """line: a line break and the spaces before what holds the value."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, int):
        return ("true" if value else "false") if isinstance(value, bool) else int.__repr__(value)
    if not value or not isinstance(value, (dict, list, tuple)):
        return json.dumps(value)
    inner = line + step
    if isinstance(value, dict):
        parts = [
            f"{encode_basestring(key) if isinstance(key, str) else _json_key(key)}: "
            f"{encode_basestring(x) if isinstance(x, str) else _indented(x, inner, step)}"
            for key, x in value.items()
        ]
        return f"{{{inner}{f',{inner}'.join(parts)}{line}}}"
    parts = [_indented(x, inner, step) for x in value]
    return f"[{inner}{f',{inner}'.join(parts)}{line}]"


def _json_key(key: Any) -> str:
    (text,) = json.loads(json.dumps({key: None}))
    return encode_basestring(text)


def _json_escape(char: str) -> str:
    code = ord(char)
    if 0xD800 <= code < 0xE000:
        return f"\\\\u{code:04x}"  # half of a character: many readers refuse it, so it is shown
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def comment(text: str) -> str:
    """A comment of YAML or of a shell script: one line whatever `text` holds."""
    return f"# {visible(text)}".rstrip()


def quoted(text: str) -> str:
    """A double-quoted YAML scalar on one line; YAML reads our escapes as the characters."""
    inner = _on_one_line(text.replace("\\", "\\\\").replace('"', '\\"'))
    return f'"{_without_old_commands(inner)}"'


def is_block(text: str) -> bool:
    """Whether the lines of `text` can stand in a YAML block scalar as they are."""
    plain = text.replace("\n", "").replace("\t", "").isprintable()
    return plain and _OLD_COMMAND not in text and not any(True for _ in _commands(text))


# -- programs --------------------------------------------------------------------------------


def shell_word(text: str) -> str:
    """One word of a shell command, on one line."""
    text = starred(text)
    if text.isprintable():
        return shlex.quote(text)
    raw = text.encode("utf-8", "surrogateescape")
    return "$'" + "".join(f"\\x{byte:02x}" for byte in raw) + "'"


def terraform(text: str) -> str:
    """A string in a Terraform file in JSON, without template marks."""
    return _TEMPLATE.sub(lambda m: m[0] * 2, text)


def github_data(texts: Iterable[str]) -> str:
    """The message of a workflow command, a line for each of `texts`."""
    return "%0A".join(visible(text).replace("%", "%25") for text in texts)


def github_property(text: str) -> str:
    """A property of a workflow command."""
    return visible(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")


# -- pages and pictures ----------------------------------------------------------------------


def markdown(text: str) -> str:
    """Text in which nothing is markup, HTML, a mention or a link; also in a cell of a table."""
    escaped = _MARKDOWN.sub(r"\\\g<0>", visible(text))
    return _MARKDOWN_ENTITIES.sub(_entity, escaped)


def _entity(found: re.Match[str]) -> str:
    sign = found[0]
    return _ENTITIES.get(sign) or f"&#{ord(sign)};{_NO_WIDTH if sign in _REFERENCES else ''}"


def markdown_prose(text: str) -> str:
    """A sentence in which code is marked by backticks; the rest is text as in `markdown`."""
    return "".join(
        markdown_code(part) if code else markdown(part) for part, code in prose_parts(text)
    )


def prose_parts(text: str) -> list[tuple[str, bool]]:
    """The parts of a sentence, each with whether it is code: what stands between two backticks.

    A backtick without a second one is text.
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    return [(part, bool(i % 2)) for i, part in enumerate(parts) if part]


def markdown_code(text: str) -> str:
    """Text as code, on one line. Not for a cell of a table, where `|` ends the cell."""
    shown = visible(text)
    fence = "`"
    while fence in shown:
        fence += "`"
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def mermaid(text: str) -> str:
    """A quoted label of a Mermaid diagram, quotes included."""
    shown = visible(text)
    return '"' + _MERMAID.sub(lambda m: f"#{ord(m[0])};", shown) + '"'


def dot(text: str) -> str:
    """A quoted label of a Graphviz diagram, quotes included."""
    shown = visible(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{shown}"'


def xml_text(text: str) -> str:
    """Text of an XML or SVG element; line breaks stay."""
    from html import escape  # its table of entities takes longer than a small command

    return escape("\n".join(map(_on_one_line, starred(text).split("\n"))), quote=False)


def xml_attribute(text: str) -> str:
    """A value of an XML attribute, on one line, quotes included."""
    from html import escape

    return '"' + escape(visible(text)) + '"'
