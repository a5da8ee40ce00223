"""Schema files of the user's: JSON, of the shape that the engine walks, and without circles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest import json_in
from stackgen.reading import read_text
from stackgen.schema.vocabulary import Condition, UnknownWordError, compile_condition

Schema = dict[str, Any]
# How many schemas a file may hold, each counted as often as it is referred to. The largest of the
# shipped files has 14,000.
MAX_SCHEMAS = 200_000
MAX_DEPTH = json_in.MAX_DEPTH  # schemas inside each other, references followed
_REFERENCE = "#/$defs/"
_ONE = (
    "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("dependentSchemas", "patternProperties", "properties")
# What the walk over a document reads where a reference leads to, not beside it.
_NOT_BESIDE = (
    "default", "x-kubernetes-embedded-resource", "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type", "x-kubernetes-nullable", "x-kubernetes-preserve-unknown-fields",
    "x-stackgen-rules",
)  # fmt: skip
# References of other forms, and words of older drafts that would be skipped.
_UNSUPPORTED = (
    "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "additionalItems", "dependencies",
)  # fmt: skip
# The type of each keyword that the engine reads; jsonschema checks its own.
_KEYWORDS: dict[str, tuple[type, ...]] = {
    "properties": (dict,), "items": (dict,), "not": (dict,), "additionalProperties": (dict, bool),
    "allOf": (list,), "anyOf": (list,), "oneOf": (list,), "required": (list,), "$ref": (str,),
    "type": (str, list), "enum": (list,), "x-kubernetes-list-map-keys": (list,),
    "x-kubernetes-list-type": (str,), "x-stackgen-rules": (list,),
}  # fmt: skip
_TEXTS = ("required", "type", "x-kubernetes-list-map-keys")
_NAMES = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}


def read(path: str) -> Schema:
    """The schema in the file `path`. Raises UsageError for one that cannot be used."""
    schema = json_in.load(read_text(path), path)
    wrong = problem(schema)
    if wrong:
        raise UsageError(f"{path} is not a usable schema: {wrong}")
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
    parts: dict[str, _Part] = {}
    for name, root in (("", schema), *definitions.items()):
        part = parts[name] = _Part()
        for where, depth, node in _nodes(root, f"$defs.{name}" if name else ""):
            wrong = _keywords(node) if isinstance(node, dict) else "an object is needed"
            if wrong:
                return f"{where or 'at the top'}: {wrong}"
            part.schemas += 1
            part.depth = max(part.depth, depth)
            if "$ref" in node:
                target = node["$ref"].removeprefix(_REFERENCE)
                if not node["$ref"].startswith(_REFERENCE) or target not in definitions:
                    return f"{where}: $ref {node['$ref']!r} names nothing in $defs"
                part.references.append((target, depth))
    return _expansion(parts)


class _Part:
    """The schema at the top or a definition: its schemas, their depth, and what they refer to."""

    def __init__(self) -> None:
        self.schemas = 0
        self.depth = 0
        self.references: list[tuple[str, int]] = []


def _nodes(schema: Any, where: str) -> Iterator[tuple[str, int, Any]]:
    """Every schema in `schema`, itself first, with its place and depth; those of $defs left out."""
    stack = [(where, 0, schema)]
    while stack:
        here, depth, node = stack.pop()
        yield here, depth, node
        if not isinstance(node, dict):
            continue
        prefix = f"{here}." if here else ""
        inner: list[tuple[str, Any]] = []
        for word in _MAPS:
            if isinstance(node.get(word), dict):
                inner += [(f"{word}.{name}", child) for name, child in node[word].items()]
        for word in _ONE:
            if isinstance(node.get(word), dict):
                inner.append((word, node[word]))
        for word in _LISTS:
            if isinstance(node.get(word), list):
                inner += [(f"{word}[{i}]", child) for i, child in enumerate(node[word])]
        stack += [(prefix + step, depth + 1, child) for step, child in inner]


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
    lost = [word for word in _NOT_BESIDE if word in node] if "$ref" in node else []
    if lost:
        return f"{lost[0]} beside $ref would not count"
    unsupported = [word for word in _UNSUPPORTED if word in node]
    if unsupported:
        return f"{unsupported[0]} is not supported"
    for rule in node.get("x-stackgen-rules", ()):
        if not isinstance(rule, dict):
            return "x-stackgen-rules must hold mappings"
        if not _is_rule(rule):
            return f"a rule in x-stackgen-rules cannot be read: {', '.join(rule)}"
    return ""


def _is_rule(rule: Condition) -> bool:
    """Whether a rule can be read; one without a known word is told when it is evaluated."""
    if not all(isinstance(rule.get(word, ""), str) for word in ("cel", "message", "at")):
        return False
    kept = rule.get("kept-items", [])
    if not isinstance(kept, list) or not all(isinstance(name, str) for name in kept):
        return False
    try:
        if "cel" not in rule:
            compile_condition(rule)
    except UnknownWordError:
        return True
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return False
    return True


def _expansion(parts: dict[str, _Part]) -> str:
    """Why the references of the parts cannot be followed, or nothing. Linear in the references."""
    left = {name: len(part.references) for name, part in parts.items()}
    users: dict[str, list[str]] = {}
    for name, part in parts.items():
        for target, _ in part.references:
            users.setdefault(target, []).append(name)
    free = [name for name, count in left.items() if not count]
    while free:
        name = free.pop()
        del left[name]
        part = parts[name]
        # What a part refers to is free before it, so its figures are complete.
        for target, depth in part.references:
            part.schemas += parts[target].schemas
            part.depth = max(part.depth, depth + 1 + parts[target].depth)
        where = f"$defs.{name}" if name else "it"
        if part.schemas > MAX_SCHEMAS:
            return f"{where} expands to over {MAX_SCHEMAS:,} schemas"
        if part.depth > MAX_DEPTH:
            return f"{where} has schemas nested deeper than {MAX_DEPTH} levels"
        for user in users.get(name, ()):
            left[user] -= 1
            if not left[user]:
                free.append(user)
    # What is left leads into a circle; the top, which has no name, is never in one.
    circle = next((name for name in left if name), "")
    return f"$defs.{circle} refers to itself" if circle else ""
