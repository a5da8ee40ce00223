"""Edits of a YAML text at a path: the bytes that must change, and no others.

Every function returns `(start, end, replacement)` on the text, or raises `EditError` when the
place has a form that cannot be edited without touching something else.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.cyaml import CLoader

from stackgen.manifest.document import Path, show_path
from stackgen.manifest.scalars import ambiguity
from stackgen.manifest.yaml_out import quote, scalar

Edit = tuple[int, int, str]
Node = Any  # a yaml.Node; its marks are never None here

MAP, LIST = "mapping", "sequence"


class EditError(Exception):
    """Why a place cannot be edited, in words."""


def tree(text: str) -> Node:
    """The nodes of the one document in `text`, with the positions of all."""
    try:
        node = yaml.compose(text, Loader=CLoader)
    except yaml.YAMLError:
        raise EditError("the file is not one YAML document") from None
    if node is None:
        raise EditError("the file is empty")
    return node


def set_value(text: str, root: Node, path: Path, value: Any) -> Edit:
    """Give the value at `path` a new value, or add it where it is missing."""
    if not path:
        raise EditError("the whole document cannot be set")
    parent, step = root, path[-1]
    for depth, here in enumerate(path[:-1]):
        found = _child(parent, here)
        if found is None or _is_empty(found[1]):
            return set_value(text, root, path[: depth + 1], _nested(path[depth + 1 :], value))
        parent = found[1]
    found = _child(parent, step)
    if found is None:
        return _add(text, parent, step, value)
    return _replace(text, found, value)


def remove(text: str, root: Node, path: Path) -> Edit:
    """Take the key or list item at `path` away."""
    parent = _at(root, path[:-1])
    found = _child(parent, path[-1]) if parent is not None and path else None
    if parent is None or found is None:
        raise EditError(f"{show_path(path)} is not in the file")
    if len(parent.value) == 1:
        return _emptied(text, root, path, parent)
    index = _index(parent, path[-1])
    if _is_flow(parent):
        return _remove_flow(parent, index)
    return _remove_lines(text, parent, index)


def rename(text: str, root: Node, path: Path, name: str) -> Edit:
    """Give the key at `path` another name."""
    parent = _at(root, path[:-1])
    found = _child(parent, path[-1]) if parent is not None and path else None
    if parent is None or found is None or found[0] is None:
        raise EditError(f"{show_path(path)} is not a key in the file")
    if _child(parent, name) is not None:
        raise EditError(f"{name} already exists")
    key = found[0]
    return key.start_mark.index, key.end_mark.index, _scalar(name, key.style)


def is_ambiguous(root: Node, path: Path) -> bool:
    """Whether the value at `path` is a bare word that YAML readers take for different things."""
    node = _at(root, path)
    return (
        node is not None and node.id == "scalar" and not node.style and bool(ambiguity(node.value))
    )


# -- nodes ------------------------------------------------------------------------------------


def _at(root: Node, path: Path) -> Node | None:
    node = root
    for step in path:
        found = _child(node, step)
        if found is None:
            return None
        node = found[1]
    return node


def _child(node: Node, step: str | int) -> tuple[Node | None, Node] | None:
    """The key node (None in a list) and value node at `step`."""
    if node.id == MAP and isinstance(step, str):
        for key, value in node.value:
            if key.id == "scalar" and key.value == step:
                return key, value
    if node.id == LIST and isinstance(step, int) and 0 <= step < len(node.value):
        return None, node.value[step]
    return None


def _index(parent: Node, step: str | int) -> int:
    if isinstance(step, int):
        return step
    return [key.value for key, _ in parent.value].index(step)


def _entry(parent: Node, index: int) -> tuple[Node, Node]:
    """First and last node of the entry: key and value, or the item twice."""
    entry = parent.value[index]
    return entry if parent.id == MAP else (entry, entry)


def _is_flow(node: Node) -> bool:
    return bool(getattr(node, "flow_style", False))


def _is_empty(node: Node) -> bool:
    """A key without a value: `network:`."""
    return node.id == "scalar" and node.start_mark.index == node.end_mark.index and not node.style


def _end(text: str, node: Node) -> int:
    """Where the node's own text ends: libyaml's block ends lie behind blanks and comments."""
    if node.id == "scalar":
        end: int = node.end_mark.index
        if node.style in ("|", ">"):
            end = len(text[:end].rstrip("\r\n "))
        return end
    if _is_flow(node) or not node.value:
        return int(node.end_mark.index)
    return _end(text, _entry(node, len(node.value) - 1)[1])


# -- set ----------------------------------------------------------------------------------------


def _replace(text: str, found: tuple[Node | None, Node], value: Any) -> Edit:
    key, node = found
    start: int = node.start_mark.index
    end = _end(text, node)
    if node.id == "scalar":
        lead = " " if _is_empty(node) and not text[:start].endswith(" ") else ""
        style = None if isinstance(value, (dict, list)) else node.style
        return start, end, lead + _scalar(value, style)
    if key is None or _is_flow(node):
        return start, end, flow(value)
    # A block value begins on a line below its key: write the new one beside the key, where a
    # comment may stand.
    colon = text.index(":", key.end_mark.index) + 1
    return colon, max(end, colon), f" {flow(value)}{text[colon:start].rstrip()}"


def _add(text: str, parent: Node, step: str | int, value: Any) -> Edit:
    if parent.id == MAP and isinstance(step, str):
        entry = f"{scalar(step)}: {flow(value)}"
    elif parent.id == LIST and step == len(parent.value):
        entry = flow(value) if _is_flow(parent) else f"- {flow(value)}"
    else:
        raise EditError("the file does not have this path")
    if not parent.value:
        return parent.start_mark.index + 1, parent.start_mark.index + 1, entry
    end = _end(text, _entry(parent, len(parent.value) - 1)[1])
    if _is_flow(parent):
        return end, end, f", {entry}"
    at = _line_end(text, end)
    break_ = "\r\n" if "\r\n" in text else "\n"
    return at, at, break_ + " " * parent.start_mark.column + entry


def _nested(path: Path, value: Any) -> Any:
    for step in reversed(path):
        if isinstance(step, int):
            raise EditError("the file does not have this list")
        value = {step: value}
    return value


# -- remove --------------------------------------------------------------------------------------


def _emptied(text: str, root: Node, path: Path, parent: Node) -> Edit:
    """The only entry goes: the container stays, empty."""
    empty: Any = {} if parent.id == MAP else []
    if _is_flow(parent):
        return parent.start_mark.index + 1, parent.end_mark.index - 1, ""
    if len(path) == 1:
        return parent.start_mark.index, _end(text, parent), flow(empty)
    return set_value(text, root, path[:-1], empty)


def _remove_flow(parent: Node, index: int) -> Edit:
    first, last = _entry(parent, index)
    if index + 1 < len(parent.value):
        return first.start_mark.index, _entry(parent, index + 1)[0].start_mark.index, ""
    before = _entry(parent, index - 1)[1]
    return before.end_mark.index, last.end_mark.index, ""


def _remove_lines(text: str, parent: Node, index: int) -> Edit:
    first, last = _entry(parent, index)
    begin = first.start_mark.index
    if parent.id == LIST:
        begin = text.rindex("-", 0, begin)
    line = text.rfind("\n", 0, begin) + 1
    end = _line_end(text, _end(text, last))
    if not text[line:begin].strip():
        after = _past_break(text, end)
        if after == end and line:
            # The last line of a file that does not end in a line break.
            before = line - (2 if text[:line].endswith("\r\n") else 1)
            return before, end, ""
        return line, after, ""
    if index + 1 == len(parent.value):
        raise EditError("other text is on the same line")
    following: int = _entry(parent, index + 1)[0].start_mark.index
    if parent.id == LIST:
        following = text.rindex("-", 0, following)
    if "#" in text[end:following]:
        raise EditError("a comment is in between")
    return begin, following, ""


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    if end < 0:
        return len(text)
    return end - 1 if end > index and text[end - 1] == "\r" else end


def _past_break(text: str, end: int) -> int:
    if text.startswith("\r\n", end):
        return end + 2
    return end + 1 if text.startswith("\n", end) else end


# -- writing -------------------------------------------------------------------------------------


def flow(value: Any) -> str:
    """`value` on one line: a scalar, or a map or list in flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


def _scalar(value: Any, style: str | None) -> str:
    """`value` in the quotes that the old one had."""
    if isinstance(value, (dict, list)):
        return flow(value)
    if isinstance(value, str) and style == '"':
        return quote(value)
    if isinstance(value, str) and style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return scalar(value)
