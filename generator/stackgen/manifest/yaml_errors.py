"""What libyaml says about a broken text, in plain words and at the right place."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.scanner import ScannerError

from stackgen.manifest.document import Mark, Path, YamlProblem
from stackgen.manifest.json_in import MAX_DEPTH
from stackgen.regex import regex

# What libyaml says, and what it means to the person who wrote the line.
WORDS = {
    "found character that cannot start any token": "no value can begin with this character",
    "mapping values are not allowed in this context": "a second `: ` on this line, or an "
    "indentation that does not fit; quote the text if it is one value",
    "did not find expected key": "no key begins here: the indentation does not fit, or a quote or "
    "bracket above is not closed",
    "did not find expected '-' indicator": "no list item begins here: the indentation does not fit",
    "did not find expected ',' or '}'": "braces are not closed, or a comma is missing",
    "did not find expected ',' or ']'": "brackets are not closed, or a comma is missing",
    "found unexpected end of stream": "the file ends inside of a quoted text",
    "could not find expected ':'": "a key without `:`",
    "did not find expected <document start>": "another document begins here without a line `---`",
    "found undefined tag handle": "a tag that nothing explains",
    "found unknown escape character": "an escape that YAML does not know; in single quotes a "
    "backslash is only itself",
    "block sequence entries are not allowed in this context": "a list cannot begin here; begin "
    "it on the next line",
    "found incompatible YAML document": "written for another version of YAML",
}
# What only Helm puts a value for; `{{ .Spec }}` and `{{ $labels }}` belong to others.
_HELM = regex(r"\{\{-?\s*(\.(Values|Release|Chart|Capabilities)\b|(include|template|tpl)\s)")
# A line that another program replaces as a whole, such as <ANNOTATIONS>.
_LONE = regex(r"\s*<[A-Z][A-Z0-9_]*>\s*")
TEMPLATE = (
    "a template (`{{ }}`, `{% %}` or `%{ }`), not YAML: render it first, then check the result"
)
# A line that begins with a key or a list item.
_KEY = regex(r"\s*(- |[A-Za-z0-9_./-]+:(\s|$))")
# What libyaml says of a line that is indented neither as its block nor as one around it.
_BLOCKS = ("did not find expected key", "did not find expected '-' indicator")
IGNORED_TAG = "kubectl ignores the tag"


def syntax_problem(error: yaml.YAMLError | UnicodeEncodeError, text: str) -> YamlProblem:
    """The fatal problem for an error of the parser."""
    where, begin = _place(error, text), _mark_of(getattr(error, "context_mark", None))
    said = getattr(error, "problem", None)
    # Another version of libyaml may say it in other words.
    message = WORDS.get(str(said), f"not valid YAML: {said}") if said else _character(error)
    if said and is_template(text, where):
        message = TEMPLATE
    elif isinstance(error, ScannerError) and _at(text, where) == "\t":
        message = "a tab indents this line; YAML allows spaces only"
    other = begin if begin is not None and begin.line != where.line else None
    note = "the block begins here" if said in _BLOCKS else "begins here"
    remedy = _indentation(text, where, said)
    return YamlProblem("yaml-syntax", message, where, other, True, note, remedy)


def stopped(error: yaml.YAMLError | UnicodeEncodeError) -> int | None:
    """The index of the character where the parser stopped; None when it does not say."""
    mark = getattr(error, "problem_mark", None)
    return mark.index if mark is not None else None


def too_deep(text: str) -> Any:
    """The event that opens a level deeper than the limit, or None."""
    depth = 0
    try:
        parser = CParser(text)
        try:
            while (event := parser.get_event()) is not None:
                depth += isinstance(event, yaml.CollectionStartEvent)
                depth -= isinstance(event, yaml.CollectionEndEvent)
                if depth > MAX_DEPTH:
                    return event
        finally:
            parser.dispose()
    except (yaml.YAMLError, UnicodeEncodeError):
        pass
    return None


def _indentation(text: str, where: Mark, said: object) -> str:
    """How far to indent a line that fits no block; empty where something else may be wrong."""
    every = text.splitlines()
    lines = [line for line in every[: where.line - 1] if _says_something(line)]
    line = _line(text, where)
    if not lines or not _KEY.match(line):
        return ""
    if _tabbed(line):
        below = next(filter(_says_something, every[where.line :]), "")
        deep = _indent(lines[-1]) + (2 if lines[-1].rstrip().endswith(":") else 0)
        sure = deep > _indent(lines[-1]) or deep == _indent(below)
        return f"Replace the tab with {_spaces(deep) if sure else 'spaces'}."
    own, open_ = _indent(line), list[int]()
    for before in reversed(lines):
        if not open_ or _indent(before) < open_[-1]:
            open_.append(_indent(before))
    if said not in _BLOCKS or own in open_ or any(map(_tabbed, lines)):
        return ""
    near = sorted(sorted(open_, key=lambda deep: abs(deep - own))[:2])
    return f"Indent the line with {' or '.join(map(_spaces, near))}, as lines above it."


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _tabbed(line: str) -> bool:
    return "\t" in line[: _indent(line)]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _spaces(number: int) -> str:
    return f"{number} space{'' if number == 1 else 's'}" if number else "no spaces"


def _mark_of(mark: yaml.Mark | None) -> Mark | None:
    return Mark(mark.line + 1, mark.column + 1, mark.column + 2) if mark else None


def _place(error: yaml.YAMLError | UnicodeEncodeError, text: str) -> Mark:
    found = _mark_of(getattr(error, "problem_mark", None))
    if found is not None:
        return found
    if isinstance(error, UnicodeEncodeError):
        before = text[: error.start]
    else:
        # The reader counts bytes.
        position = getattr(error, "position", 0) or 0
        before = text.encode("utf-8", "surrogatepass")[:position].decode("utf-8", "ignore")
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", before)
    return Mark(len(lines), len(lines[-1]) + 1, len(lines[-1]) + 2)


def _character(error: object) -> str:
    code = getattr(error, "character", None)
    if isinstance(error, UnicodeEncodeError):
        code = ord(error.object[error.start])
    shown = f" (U+{code:04X})" if isinstance(code, int) else ""
    return f"a character that YAML does not allow{shown}"


def _line(text: str, where: Mark) -> str:
    lines = text.splitlines()
    return lines[where.line - 1] if where.line <= len(lines) else ""


def is_template(text: str, where: Mark) -> bool:
    """Whether the line has braces of a template, as of Helm, Terraform and Jinja."""
    line = _line(text, where)
    # The parser may stop behind the line.
    near = text.splitlines()[max(where.line - 2, 0) : where.line]
    return "{{" in line or line.lstrip().startswith(("%{", "{%")) or any(map(_LONE.fullmatch, near))


def helm_name(data: Any) -> Path | None:
    """The path of a name that Helm is to fill in: valid YAML, and no object yet."""
    meta = data.get("metadata") if isinstance(data, dict) else None
    for key in ("name", "namespace"):
        value = meta.get(key) if isinstance(meta, dict) else None
        if isinstance(value, str) and _HELM.search(value):
            return ("metadata", key)
    return None


def _at(text: str, where: Mark) -> str:
    return _line(text, where)[where.column - 1 : where.column]
