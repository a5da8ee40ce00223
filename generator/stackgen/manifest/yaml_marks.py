"""One document by the nodes that libyaml composes: its data, and positions in it.

To build data from events takes twice as long, and the positions of all keys and values several
times as long. What `yaml_in` reads in a way of its own has no nodes here: anchors, tags, merge
keys, keys that are no texts, and keys that occur twice.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from stackgen.manifest.document import Mark, Path
from stackgen.manifest.scalars import NotFiniteError, as_kubectl
from stackgen.regex import regex

# Anchors, aliases, tags and directives begin so, and further texts do.
_PROPERTY = regex(r"(?:^|[\s,\[\]{}:?-])[&*!]|^%")
_TEXT = regex(r"[A-Za-z_][\w./-]*")
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
# libyaml composes recursively: what may be nested deeply is read by events, which are counted. In
# block style a level adds a character of these to its line, or shares the column of the outer one.
_DEEP = regex(r"[ \t?:-]{120}")
_FLOW = 100  # brackets that open


class _Composer(CParser):
    """Composes nodes without their types."""

    def resolve(self, *_: Any) -> str:
        return ""

    def descend_resolver(self, *_: Any) -> None: ...

    def ascend_resolver(self) -> None: ...


class _OtherwiseError(Exception):
    """The document is one that is read in another way."""


class NodeMarks:
    """As `Marks.at`. before: the lines before the text."""

    def __init__(self, root: Any, before: int) -> None:
        self.root = root
        self._before = before
        self._items: dict[int, dict[str, tuple[Any, Any]]] = {}

    def at(self, path: Path, key: bool = False) -> Mark | None:
        """The mark of `path`, or of the nearest parent that has one."""
        above, node = None, self.root
        for step in path:
            found: tuple[Any, Any] | None = None
            if isinstance(node, yaml.MappingNode) and isinstance(step, str):
                found = self._of(node).get(step)
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                found = (None, node.value[step]) if 0 <= step < len(node.value) else None
            if found is None:
                break
            above, node = found
        return self._mark(above if key and above is not None else node)

    def _of(self, node: Any) -> dict[str, tuple[Any, Any]]:
        items = self._items.get(id(node))
        if items is None:
            items = self._items[id(node)] = {pair[0].value: pair for pair in node.value}
        return items

    def _mark(self, node: Any) -> Mark:
        start, end = node.start_mark, node.end_mark
        column = start.column + 1
        one_line = isinstance(node, yaml.ScalarNode) and end.line == start.line
        width = end.column - start.column if one_line else 1
        return Mark(self._before + start.line + 1, column, column + max(width, 1))


def composed(text: str, before: int) -> NodeMarks | None:
    """The positions in a text that is one document; None where it is read in another way."""
    root = _root(text)
    return NodeMarks(root, before) if root is not None and _plain(root) else None


def plain_document(text: str) -> tuple[Any, int] | None:
    """Of a text that is one document its data, and the lines before it; None as `composed`."""
    if _DEEP.search(text) or text.count("{") + text.count("[") > _FLOW:
        return None
    root = _root(text)
    try:
        return (_data(root), root.start_mark.line) if root is not None else None
    except (_OtherwiseError, NotFiniteError):
        return None


def _root(text: str) -> Any:
    if any(map(text.__contains__, "&*!%")) and _PROPERTY.search(text):
        return None
    try:
        parser = _Composer(text)
        try:
            return parser.get_single_node()
        finally:
            parser.dispose()
    except (yaml.YAMLError, UnicodeEncodeError):
        return None


def _data(node: Any) -> Any:
    """Raises _OtherwiseError, NotFiniteError."""
    value = node.value
    if type(value) is str:
        return value if node.style else as_kubectl(value)
    if type(node) is yaml.SequenceNode:
        return [_data(item) for item in value]
    found = {}
    for name, item in value:
        if type(name) is not yaml.ScalarNode or not _is_text(name.value):
            raise _OtherwiseError
        found[name.value] = _data(item)
    if len(found) < len(value):
        raise _OtherwiseError
    return found


@lru_cache(maxsize=4096)  # objects have the same few fields
def _is_text(key: str) -> bool:
    return bool(_TEXT.fullmatch(key)) and key.lower() not in _NOT_TEXT


def _plain(root: Any) -> bool:
    """Whether each key is a text, and none occurs twice in a map."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            names = [name.value for name, _ in node.value if isinstance(name, yaml.ScalarNode)]
            if len(set(names)) < len(node.value) or not all(map(_is_text, names)):
                return False
            waiting += [value for _, value in node.value if value.value.__class__ is list]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [value for value in node.value if value.value.__class__ is list]
    return True
