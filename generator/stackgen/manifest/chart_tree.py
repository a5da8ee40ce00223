"""The values of a Helm chart as a tree: which there are, of which types, and which others it takes.

A node is a type (`string`, `boolean`, `number`, `list`, `object`, `any`), a list of choices, or an
object by key: `*` if it takes other keys too, `~` if it takes those that templates name, `!` if
Helm rejects others, `[]` with what an item of a list is, `|` with the types that it may be instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from stackgen.manifest.chart_reads import CHART, DEFAULTS, entries, mapping, opened, reads_of, texts
from stackgen.record import record
from stackgen.regex import regex

Node = Any
SCHEMA = "values.schema.json"
_TYPES: Mapping[type, str] = {
    bool: "boolean",
    str: "string",
    int: "number",
    float: "number",
    list: "list",
}
_SCHEMA_TYPES = {"integer": "number", "array": "list", "null": "any"}
# Istio's charts keep their defaults below a key of their own.
_INNER = "_internal_defaults_do_not_set"
_ACTION = regex(r"\{\{.*?\}\}", re.DOTALL)
# How a template takes an object as a whole.
_WHOLE = regex(r"omit |toYaml|toJson|toPrettyJson|merge|Merge|range|tpl |deepCopy|fromYaml")
_LAST = regex(r"\.([A-Za-z_]\w*)(?![.\w])")
_NAMED = regex(r"\.([A-Za-z_]\w*)")
_QUOTED = regex(r"\"([A-Za-z_][\w-]*)\"")
# A template that looks at the type of a value takes several.
_BY_TYPE = regex(r"(?:typeOf|kindOf|kindIs\s+\"\w+\")\s+\$?\.Values\.([\w.]+)")
_DEEPEST = 30  # a schema may refer to itself


@record
class Tree:
    """The values of a chart. words: what templates name. checked: Helm has a schema for them."""

    values: Node
    words: frozenset[str]
    checked: bool


@record
class _Chart:
    """What is known of a chart while its tree is made.

    whole: paths that are read with all below. below: the keys that are read, by path. every: any
    value may be read. named: names that templates read. printed: names that they print as they are.
    """

    whole: frozenset[tuple[str, ...]]
    below: Mapping[tuple[str, ...], set[str]]
    every: bool
    named: frozenset[str]
    printed: frozenset[str]
    by_type: frozenset[str]
    schema: Any


def tree_of(chart: str, text: str = "") -> Tree:
    """The tree of the chart in a folder. text: values for it, which may be templates."""
    with opened(chart) as inner:
        reads = reads_of(chart, text, inner)
        said = "\n".join(texts(chart, inner))
        schema = mapping(os.path.join(chart, SCHEMA))
        below: dict[tuple[str, ...], set[str]] = {}
        for path in reads.paths:
            for i, step in enumerate(path):
                below.setdefault(path[:i], set()).add(step)
        named = frozenset(_NAMED.findall(said))
        about = _Chart(
            reads.paths,
            below,
            reads.every,
            named,
            frozenset(_printed(said)),
            frozenset(_BY_TYPE.findall(said)),
            schema,
        )
        made = _node(_defaults(chart, inner), schema, about, (), False)
        made = made if isinstance(made, dict) else {"*": True}
        if None in reads.others.values():
            made = {key: node for key, node in made.items() if key != "!"} | {"*": True}
        for name, folder in reads.others.items():
            if folder is None:
                made[name] = "any"  # what a chart that is not here reads is not known
            elif name not in reads.libraries:
                made[name] = _merged(tree_of(folder).values, made.get(name))
    words = named | frozenset(_QUOTED.findall(said))
    return Tree(made if made.keys() - {"*"} else {}, words, bool(schema))


def _printed(text: str) -> Iterable[str]:
    """The names of objects that a template prints, merges or goes through."""
    for action in _ACTION.finditer(text):
        after = text[action.end() : action.end() + 300] if "with" in action[0] else ""
        if _WHOLE.search(action[0]) or "toYaml ." in after:
            yield from _LAST.findall(action[0])


def _defaults(chart: str, inner: list[str]) -> dict[str, Any]:
    """The default values of a chart, with those of the libraries that it contains."""
    files = (os.path.join(chart, name) for name in DEFAULTS)
    own = next(filter(None, map(mapping, files)), {})
    hidden = own.get(_INNER)
    own = {**own, **(hidden if isinstance(hidden, dict) else {})}
    own.pop(_INNER, None)
    alias = {
        str(one.get("name")): str(one.get("alias") or one.get("name"))
        for one in entries(mapping(os.path.join(chart, CHART)).get("dependencies"))
    }
    for folder in inner:
        title = mapping(os.path.join(folder, CHART))
        key = alias.get(str(title.get("name")), "")
        if title.get("type") != "library" or not key:
            continue
        # A library is written for the values of its parent.
        theirs = mapping(os.path.join(folder, DEFAULTS[0]))
        theirs = theirs[key] if isinstance(theirs.get(key), dict) else theirs
        given = own.get(key)
        own[key] = {**theirs, **given} if isinstance(given, dict) else theirs
    return own


def _merged(one: Node, other: Node) -> Node:
    """A node with what another one adds to it."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one or other or "any"
    added = {k: _merged(one[k], n) if k in one else n for k, n in other.items() if k not in "*~!|"}
    return {**one, **added}


def _resolved(schema: Any, root: Any) -> dict[str, Any]:
    """A schema with its references followed."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, dict) or not isinstance(schema.get("$ref"), str):
            break
        step: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            step = step.get(part) if isinstance(step, dict) else None
        schema = step
    return schema if isinstance(schema, dict) else {}


def _node(default: Any, given: Any, chart: _Chart, path: tuple[str, ...], printed: bool) -> Node:
    schema = _resolved(given, chart.schema)
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    whole = chart.every or any(path[:n] in chart.whole for n in range(1, len(path) + 1))
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    known = {str(key): value for key, value in default.items()} if isinstance(default, dict) else {}
    keys = {*properties, *known}
    if not whole or properties:
        keys |= chart.below.get(path, set())
    if len(path) > _DEEPEST:
        return "any"
    if keys and (not kinds or "object" in kinds):
        strict = schema.get("additionalProperties") is False
        takes = not strict and (whole or bool(schema.get("additionalProperties")))
        last = path[-1] if path else "Values"
        by_name = known.keys() <= chart.named and last not in chart.printed
        # A schema that says so takes any key, whatever templates name.
        any_key = schema.get("additionalProperties") is True
        named = bool(known) and by_name and not printed and not any_key
        # What is printed as it is takes any key, on all levels.
        below = takes and not named and path != ()
        found: dict[str, Node] = {
            key: _node(known.get(key), properties.get(key), chart, (*path, key), below)
            for key in sorted(keys)
        }
        mark: Node = {"!": True} if strict else {"~" if named else "*": True} if takes else {}
        scalars = sorted({_SCHEMA_TYPES.get(k, k) for k in kinds} - {"object", "any"})
        scalars = scalars or (["string"] if ".".join(path) in chart.by_type else [])
        return found | mark | ({"|": scalars} if scalars else {})
    choices = schema.get("enum")
    if isinstance(choices, list):
        return [one for one in choices if isinstance(one, str | int | bool)]
    if len(kinds) == 1:
        kind = _SCHEMA_TYPES.get(kinds[0], kinds[0])
        items = _resolved(schema.get("items"), chart.schema) if kind == "list" else {}
        # Items that take any key, such as containers, are not described.
        if items.get("properties") and items.get("additionalProperties") is False:
            return {"[]": _node(None, items, chart, (*path, "[]"), False)}
        return kind
    if kinds or default is None:
        return "any"
    return "object" if isinstance(default, dict) else _TYPES.get(type(default), "any")
