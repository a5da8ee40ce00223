"""Positions in one document, looked up in the nodes that libyaml composes.

To build the positions of all keys and values takes several times as long, and a finding asks for
one. What `yaml_in` reads in a way of its own has no nodes here: anchors, tags, merge keys, keys
that are no texts, and keys that occur twice.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from stackgen.manifest.document import Mark, Path
from stackgen.regex import regex

# Anchors, aliases, tags and directives begin so, and further texts do.
_PROPERTY = regex(r"(?:^|[\s,\[\]{}:?-])[&*!]|^%")
_TEXT = regex(r"[A-Za-z_][\w./-]*")
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


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
    if _PROPERTY.search(text):
        return None
    try:
        parser = _Composer(text)
        try:
            root = parser.get_single_node()
        finally:
            parser.dispose()
        return NodeMarks(root, before) if root is not None and _plain(root) else None
    except (yaml.YAMLError, UnicodeEncodeError):
        return None


def _plain(root: Any) -> bool:
    """Whether each key is a text, and none occurs twice in a map."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            names = [name.value for name, _ in node.value if isinstance(name, yaml.ScalarNode)]
            if len(set(names)) < len(node.value):
                return False
            if not all(map(_TEXT.fullmatch, names)) or not _NOT_TEXT.isdisjoint(
                map(str.lower, names)
            ):
                return False
            waiting += [value for _, value in node.value if value.value.__class__ is list]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [value for value in node.value if value.value.__class__ is list]
    return True
