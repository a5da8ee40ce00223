"""A condensed schema as a tree to walk: what the server does to a document beyond JSON Schema.

`prepare` returns what the server would look at: nulls dropped where a field cannot be null,
defaults filled in. It notes list items that occur twice.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from stackgen.manifest.document import Path
from stackgen.reading import read_bytes
from stackgen.schema.problem import Problem
from stackgen.schema.store import load

RULES = "x-stackgen-rules"  # the keyword of our rules between fields
# How many values defaults may add to one object. Defaults inside defaults multiply.
MAX_FILLED = 1_000_000


class TooManyDefaultsError(Exception):
    """Defaults add more than MAX_FILLED values to an object."""

    def __init__(self) -> None:
        super().__init__(f"the defaults of its schema add more than {MAX_FILLED:,} values")


class Node:
    """One schema node; children are built when they are first asked for."""

    __slots__ = (
        "_children", "_extra", "_items", "_properties", "_source", "_tree", "defaults", "embedded",
        "in_cel", "keys", "list_type", "nullable", "preserve", "rules", "type",
    )  # fmt: skip

    def __init__(self, source: dict[str, Any], tree: Tree) -> None:
        self._source = source
        self._tree = tree
        self._properties: dict[str, Any] = source.get("properties", {})
        self._children: dict[str, Node] = {}
        self._items: Node | None = None
        self._extra: Node | None = None
        self.type = source.get("type")
        self.nullable = bool(source.get("x-kubernetes-nullable"))
        self.preserve = bool(source.get("x-kubernetes-preserve-unknown-fields"))
        self.embedded = bool(source.get("x-kubernetes-embedded-resource"))
        self.list_type = source.get("x-kubernetes-list-type")
        self.keys: tuple[str, ...] = tuple(source.get("x-kubernetes-list-map-keys", ()))
        rules: list[dict[str, Any]] = source.get(RULES, [])
        self.rules = [rule for rule in rules if "cel" not in rule]
        self.in_cel = [rule for rule in rules if "cel" in rule]
        resolve = tree.resolve
        self.defaults: dict[str, Any] = {
            name: resolve(child)["default"]
            for name, child in self._properties.items()
            if "default" in resolve(child)
        }

    def child(self, name: str) -> Node | None:
        """The node of a field, or of any field where names are free."""
        found = self._children.get(name)
        if found is None:
            source = self._properties.get(name)
            if source is None:
                return self.extra
            found = self._children[name] = self._tree.node(source)
        return found

    @property
    def extra(self) -> Node | None:
        """The node of the values of a map."""
        if self._extra is None:
            source = self._source.get("additionalProperties")
            if isinstance(source, dict):
                self._extra = self._tree.node(source)
        return self._extra

    @property
    def items(self) -> Node | None:
        if self._items is None and "items" in self._source:
            self._items = self._tree.node(self._source["items"])
        return self._items

    def names(self) -> list[str]:
        """The fields this node names."""
        return list(self._properties)

    def get(self, word: str) -> Any:
        """A keyword of the schema."""
        return self._source.get(word)

    @property
    def source(self) -> dict[str, Any]:
        return self._source


class Tree:
    """A whole schema file."""

    __slots__ = ("_nodes", "embeds", "parts", "root", "ruled", "schema")

    def __init__(self, schema: dict[str, Any], words: bytes) -> None:
        """words: the schema's text. A keyword that is not in it is nowhere in the schema."""
        self.schema = schema
        self._nodes: dict[int, Node] = {}
        self.parts = 0  # how often a part of it was compiled
        self.ruled = RULES.encode() in words
        self.embeds = b"x-kubernetes-embedded-resource" in words
        self.root = self.node(schema)

    def resolve(self, source: dict[str, Any]) -> dict[str, Any]:
        """What `source` says, or what it refers to."""
        while "$ref" in source:
            source = self.schema["$defs"][source["$ref"][8:]]
        return source

    def node(self, source: dict[str, Any]) -> Node:
        source = self.resolve(source)
        key = id(source)
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = Node(source, self)
        return found

    def at(self, path: Path) -> Node | None:
        """The node that describes the value at `path`."""
        node: Node | None = self.root
        for step in path:
            if node is None:
                return None
            node = node.items if isinstance(step, int) else node.child(step)
        return node


@lru_cache(maxsize=512)
def tree(path: str) -> Tree:
    """The schema file at `path`, ready to walk."""
    words = read_bytes(path)
    # A file of a user's may spell a keyword with escapes.
    return Tree(load(path), json.dumps(load(path)).encode() if b"\\u" in words else words)


def prepare(value: Any, node: Node, path: Path, found: list[Problem]) -> Any:
    """A copy of `value` as the server completes it; duplicates go to `found`.

    Raises TooManyDefaultsError.
    """
    return _prepare(value, node, path, _Run(found))


class _Run:
    """One object that is prepared. left: how many values defaults may still add."""

    def __init__(self, found: list[Problem]) -> None:
        self.found = found
        self.left = MAX_FILLED

    def filled(self, default: Any) -> Any:
        """A copy of a default. Raises TooManyDefaultsError."""
        self.left -= _size(default)
        if self.left < 0:
            raise TooManyDefaultsError
        return copy.deepcopy(default)


def _size(value: Any) -> int:
    """How many values there are in `value`, itself included."""
    waiting, count = [value], 0
    while waiting:
        here = waiting.pop()
        count += 1
        if isinstance(here, (dict, list)):
            waiting.extend(here.values() if isinstance(here, dict) else here)
    return count


def _prepare(value: Any, node: Node, path: Path, run: _Run) -> Any:
    if isinstance(value, dict):
        out: dict[str, Any] = {}
        child = node.child
        for name, item in value.items():
            inner = child(name)
            if inner is None:
                out[name] = item
            elif item is None:
                if inner.nullable or (inner.preserve and inner.type is None):
                    out[name] = None
            elif isinstance(item, (dict, list)):
                out[name] = _prepare(item, inner, (*path, name), run)
            else:
                out[name] = item
        for name, default in node.defaults.items():
            if name not in out:
                inner = child(name)
                filled = run.filled(default)
                if inner is not None and isinstance(default, (dict, list)):
                    filled = _prepare(filled, inner, (*path, name), run)
                out[name] = filled
        return out
    if isinstance(value, list):
        return _prepare_list(value, node, path, run)
    return value


def _prepare_list(value: list[Any], node: Node, path: Path, run: _Run) -> list[Any]:
    inner = node.items
    if inner is None:
        return list(value)
    items = [
        _prepare(item, inner, (*path, i), run) if isinstance(item, (dict, list)) else item
        for i, item in enumerate(value)
    ]
    if inner.get("default") is not None:
        items = [run.filled(inner.get("default")) if i is None else i for i in items]
    if node.list_type == "map" and len(items) > 1:
        _unique(items, path, run.found, lambda item: _key(item, node.keys), node.keys)
    elif node.list_type == "set" and len(items) > 1:
        _unique(items, path, run.found, _frozen, ())
    return items


def _unique(
    items: list[Any],
    path: Path,
    found: list[Problem],
    key: Callable[[Any], Any],
    names: tuple[str, ...],
) -> None:
    seen: dict[Any, int] = {}
    for i, item in enumerate(items):
        mark = key(item)
        if mark is None:
            continue
        first = seen.setdefault(mark, i)
        if first != i:
            what = (
                " and ".join(f"{n} {json.dumps(item.get(n))}" for n in names)
                if names
                else json.dumps(item)
            )
            message = f"{what} already exists, in item {first}: every item must differ"
            found.append(Problem("schema-duplicate-item", (*path, i), message))


def _key(item: Any, names: tuple[str, ...]) -> Any:
    if not isinstance(item, dict):
        return None
    return tuple(_frozen(item.get(name)) for name in names)


def _frozen(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return (type(value), value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    return value
