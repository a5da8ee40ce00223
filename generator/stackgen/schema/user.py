"""Schema files of the user's: JSON, of the shape that the engine walks, and without circles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest import json_in
from stackgen.reading import read_text

Schema = dict[str, Any]
_REFERENCE = "#/$defs/"
_LISTS = ("allOf", "anyOf", "oneOf")
# The type of each keyword that the engine reads; jsonschema checks its own.
_KEYWORDS: dict[str, tuple[type, ...]] = {
    "properties": (dict,), "items": (dict,), "not": (dict,), "additionalProperties": (dict, bool),
    "allOf": (list,), "anyOf": (list,), "oneOf": (list,), "required": (list,), "$ref": (str,),
    "type": (str, list), "enum": (list,), "x-kubernetes-list-map-keys": (list,),
    "x-kubernetes-list-type": (str,), "x-stackgen-rules": (list,),
}  # fmt: skip
_TEXTS = ("required", "type", "x-kubernetes-list-map-keys")
_NAMES = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false"}


def read(path: str) -> Schema:
    """The schema in the file `path`. Raises UsageError for one that cannot be used."""
    schema = json_in.load(read_text(path), path)
    wrong = problem(schema)
    if wrong:
        raise UsageError(f"{path} is no usable schema: {wrong}")
    found: Schema = schema
    return found


def problem(schema: Any) -> str:
    """Why the engine cannot use `schema`; empty when it can."""
    if not isinstance(schema, dict):
        return "it is no JSON object"
    identity = schema.get("x-kubernetes-group-version-kind", {})
    if not isinstance(identity, dict):
        return "x-kubernetes-group-version-kind is no mapping"
    definitions = schema.get("$defs", {})
    if not isinstance(definitions, dict):
        return "$defs is no mapping"
    references: dict[str, set[str]] = {}
    for name, part in (("", schema), *definitions.items()):
        references[name] = set()
        for where, node in _nodes(part, f"$defs.{name}" if name else ""):
            wrong = _keywords(node) if isinstance(node, dict) else "a mapping is needed"
            if wrong:
                return f"{where or 'at the top'}: {wrong}"
            if "$ref" in node:
                target = node["$ref"].removeprefix(_REFERENCE)
                if not node["$ref"].startswith(_REFERENCE) or target not in definitions:
                    return f"{where}: $ref {node['$ref']!r} names nothing in $defs"
                references[name].add(target)
    circle = _circle(references)
    return f"$defs.{circle} refers to itself" if circle else ""


def _nodes(schema: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Every schema in `schema`, itself first, with its place; those of $defs left out."""
    stack = [(where, schema)]
    while stack:
        here, node = stack.pop()
        yield here, node
        if not isinstance(node, dict):
            continue
        prefix = f"{here}." if here else ""
        properties = node.get("properties")
        if isinstance(properties, dict):
            stack += [(f"{prefix}properties.{name}", child) for name, child in properties.items()]
        for word in ("items", "not", "additionalProperties"):
            if isinstance(node.get(word), dict):
                stack.append((f"{prefix}{word}", node[word]))
        for word in _LISTS:
            if isinstance(node.get(word), list):
                stack += [(f"{prefix}{word}[{i}]", child) for i, child in enumerate(node[word])]


def _keywords(node: Schema) -> str:
    """What is wrong with the keywords of one schema."""
    for word, types in _KEYWORDS.items():
        if word not in node:
            continue
        value = node[word]
        if not isinstance(value, types):
            return f"{word} must be {' or '.join(_NAMES[t] for t in types)}"
        if (
            word in _TEXTS
            and isinstance(value, list)
            and not all(isinstance(v, str) for v in value)
        ):
            return f"{word} must hold texts"
    for rule in node.get("x-stackgen-rules", ()):
        if not isinstance(rule, dict):
            return "x-stackgen-rules must hold mappings"
    return ""


def _circle(references: dict[str, set[str]]) -> str:
    """A definition that leads back to itself, or nothing. Linear in the references."""
    left = {name: len(targets) for name, targets in references.items()}
    users: dict[str, list[str]] = {}
    for name, targets in references.items():
        for target in targets:
            users.setdefault(target, []).append(name)
    free = [name for name, count in left.items() if not count]
    while free:
        name = free.pop()
        del left[name]
        for user in users.get(name, ()):
            left[user] -= 1
            if not left[user]:
                free.append(user)
    # What is left leads into a circle; the top, which has no name, is never in one.
    return next((name for name in left if name), "")
