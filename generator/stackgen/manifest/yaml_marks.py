"""One document by the nodes that libyaml composes: its data, and positions in it.

To build data from events takes twice as long, and the positions of all keys and values several
times as long. Where a document is read by nodes, the positions are kept as numbers: to compose it
once more takes as long as to read it. What `yaml_in` reads in a way of its own has no nodes here:
anchors, tags, merge keys, keys that are no texts, and keys that occur twice.
"""

from __future__ import annotations

from array import array
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
# A node is a number: its line, its column, and its width on one line or how many nodes are in it.
# No text that is shorter than _LONG has more of these.
_LINE, _COLUMN = 1 << 42, 1 << 21
_LONG = 1 << 20


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


class Places:
    """The same for data that was read by nodes. nodes: a number for each, from the outside in.

    before: the lines before the text.
    """

    __slots__ = ("_before", "_data", "_inside", "_nodes")

    def __init__(self, data: Any, nodes: list[int], before: int) -> None:
        self._data = data
        self._nodes = array("Q", nodes)
        self._before = before
        self._inside: dict[int, dict[str | int, int]] = {}

    def at(self, path: Path, key: bool = False) -> Mark | None:
        """The mark of `path`, or of the nearest parent that has one."""
        here, number, above = self._data, 0, None
        for step in path:
            inside = self._numbers(number, here) if type(here) in (dict, list) else {}
            if type(step) is not (str if type(here) is dict else int) or step not in inside:
                break
            number = inside[step]
            above = number - 1 if type(here) is dict else None
            here = here[step]
        if key and above is not None:
            return self._mark(above, None)
        return self._mark(number, here)

    def _numbers(self, number: int, data: Any) -> dict[str | int, int]:
        """The numbers of the values in a mapping or a list."""
        found = self._inside.get(number)
        if found is None:
            found = self._inside[number] = {}
            is_map = type(data) is dict
            after = number + 1
            for step, value in data.items() if is_map else enumerate(data):
                after += is_map  # the key
                found[step] = after
                inside = type(value) in (dict, list)
                after += self._nodes[after] % _COLUMN if inside else 1
        return found

    def _mark(self, number: int, value: Any) -> Mark:
        line, rest = divmod(self._nodes[number], _LINE)
        column, width = divmod(rest, _COLUMN)
        width = 1 if type(value) in (dict, list) else max(width, 1)
        return Mark(self._before + line + 1, column + 1, column + 1 + width)


def composed(text: str, before: int) -> NodeMarks | None:
    """The positions in a text that is one document; None where it is read in another way."""
    root = _root(text)
    return NodeMarks(root, before) if root is not None and _plain(root) else None


def plain_document(text: str, before: int = 0) -> tuple[Any, int, Places | None] | None:
    """Of a text that is one document its data, the lines before it, and the positions in it, which
    a very long one does not have; None as `composed`.
    """
    if _DEEP.search(text) or text.count("{") + text.count("[") > _FLOW:
        return None
    root = _root(text)
    nodes: list[int] = []
    try:
        data = _data(root, nodes) if root is not None else None
    except (_OtherwiseError, NotFiniteError):
        return None
    if root is None:
        return None
    places = Places(data, nodes, before) if len(text) < _LONG else None
    return data, root.start_mark.line, places


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


def _data(node: Any, nodes: list[int]) -> Any:
    """What a node says. nodes: gets a number for it and for each node in it.

    Raises _OtherwiseError, NotFiniteError.
    """
    value, start = node.value, node.start_mark
    line = start.line
    if type(value) is str:
        end = node.end_mark
        width = end.column - start.column if end.line == line else 1
        nodes.append(line * _LINE + start.column * _COLUMN + width)
        return value if node.style else as_kubectl(value)
    number = len(nodes)
    nodes.append(line * _LINE + start.column * _COLUMN)
    found: Any
    if type(node) is yaml.SequenceNode:
        found = [_data(item, nodes) for item in value]
    else:
        found = {}
        for name, item in value:
            if type(name) is not yaml.ScalarNode or not _is_text(name.value):
                raise _OtherwiseError
            start, end = name.start_mark, name.end_mark
            width = end.column - start.column if end.line == start.line else 1
            nodes.append(start.line * _LINE + start.column * _COLUMN + width)
            found[name.value] = _data(item, nodes)
        if len(found) < len(value):
            raise _OtherwiseError
    nodes[number] += len(nodes) - number
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
