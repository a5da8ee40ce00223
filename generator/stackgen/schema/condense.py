"""From a CustomResourceDefinition to our condensed schemas: names, types, bounds, rules; no prose.

The result is JSON Schema 2020-12 that stands alone. What JSON Schema has no word for keeps its
`x-kubernetes-*` name; rules between fields are in `x-stackgen-rules`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stackgen.record import record
from stackgen.schema.node import RULES
from stackgen.schema.regex import ecma

Node = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Keywords that mean the same in a definition and in JSON Schema.
_PLAIN = (
    "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties",
    "minProperties", "multipleOf", "required", "format", "default",
)  # fmt: skip
_KEPT = (
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-list-map-keys",
)
_INT32 = (-(2**31), 2**31 - 1)
_INT64 = (-(2**63), 2**63 - 1)
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]

# The server drops the fields of maps that nothing describes.
_UNDESCRIBED = {"additionalProperties": False, "items": {"additionalProperties": False}}


@record
class Condensed:
    """One version of one kind. unstated: CEL without a restatement of ours, and its node's path."""

    group: str
    version: str
    kind: str
    scope: str
    served: bool
    storage: bool
    schema: Node
    unstated: tuple[tuple[str, str], ...]


class NotADefinitionError(ValueError):
    """The document is no CustomResourceDefinition of apiextensions.k8s.io/v1."""


def rule_key(text: str) -> str:
    """The fingerprint of a CEL rule; blanks do not count."""
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:12]


def condense(
    crd: Any, restated: Mapping[str, list[Node]], keep: bool = False
) -> Iterator[Condensed]:
    """Every version of `crd`. restated: our rules, by fingerprint of the CEL they stand for.
    keep: rules that are not restated go into the schema as they are written."""
    try:
        spec, kind = crd["spec"], crd["spec"]["names"]["kind"]
        versions = [(v["name"], v["schema"]["openAPIV3Schema"], v) for v in spec["versions"]]
    except (KeyError, TypeError) as error:
        raise NotADefinitionError(f"a definition needs {error}") from error
    for name, root, version in versions:
        unstated: list[tuple[str, str]] = []

        def rules(node: Node, path: str, unstated: list[tuple[str, str]] = unstated) -> list[Node]:
            return _rules(node, path, restated, unstated, keep)

        tree = _convert(root, "", rules)
        properties = tree.setdefault("properties", {})
        meta = _open(properties.get("metadata", {}))
        properties.update(apiVersion={"type": "string"}, kind={"type": "string"}, metadata=meta)
        if not tree.get("x-kubernetes-preserve-unknown-fields"):
            tree["additionalProperties"] = False
        scope = spec.get("scope", "Namespaced")
        status = "status" in (version.get("subresources") or {})
        schema = {
            **share(tree),
            "$schema": DIALECT,
            "x-kubernetes-group-version-kind": {
                "group": spec["group"], "kind": kind, "version": name,
            },
            "x-kubernetes-scope": scope,
        }  # fmt: skip
        if status:
            schema["x-kubernetes-status"] = True
        yield Condensed(
            spec["group"], name, kind, scope, bool(version.get("served", True)),
            bool(version.get("storage")), schema, tuple(unstated),
        )  # fmt: skip


def one_schema(source: Node) -> Node:
    """One structural schema from inside a definition, with its rules as they are written."""
    return _convert(source, "", lambda node, path: _rules(node, path, {}, [], True))


def _open(node: Node) -> Node:
    return {k: v for k, v in node.items() if k != "additionalProperties"}


def _rules(
    node: Node,
    path: str,
    restated: Mapping[str, list[Node]],
    unstated: list[tuple[str, str]],
    keep: bool,
) -> list[Node]:
    found: list[Node] = []
    for rule in node.get("x-kubernetes-validations") or ():
        text = rule["rule"]
        ours = restated.get(rule_key(text))
        if ours is None:
            unstated.append((path or ".", text))
            cel = {"cel": text}
            if rule.get("message"):
                cel["message"] = rule["message"]
            if rule.get("optionalOldSelf"):
                cel["optional-old"] = True
            if keep:
                found.append(cel)
        else:
            found.extend(ours)
    return found


def _convert(source: Node, path: str, rules: Callable[[Node, str], list[Node]]) -> Node:
    """A structural node, closed against fields it does not name."""
    node = _values(source)
    _whole_numbers(source, node)
    if source.get("x-kubernetes-int-or-string"):
        node["x-kubernetes-int-or-string"] = True
        node["type"] = ["integer", "string"]
        if node.get("anyOf") == _INT_OR_STRING:
            del node["anyOf"]
        if node.get("allOf") and node["allOf"][0] == {"anyOf": _INT_OR_STRING}:
            node["allOf"] = node["allOf"][1:]
            if not node["allOf"]:
                del node["allOf"]
    for word in _KEPT:
        if source.get(word):
            node[word] = source[word]
    if source.get("x-kubernetes-list-type") in ("set", "map"):
        node["x-kubernetes-list-type"] = source["x-kubernetes-list-type"]
    if "properties" in source:
        node["properties"] = {
            name: _convert(child, f"{path}.{name}", rules)
            for name, child in source["properties"].items()
        }
    if isinstance(source.get("items"), dict):  # the server ignores anything else
        node["items"] = _convert(source["items"], f"{path}[]", rules)
    extra = source.get("additionalProperties")
    if isinstance(extra, dict):
        node["additionalProperties"] = _convert(extra, f"{path}{{}}", rules)
    elif extra is True and not source.get("x-kubernetes-preserve-unknown-fields"):
        node["additionalProperties"] = _UNDESCRIBED
    elif (
        source.get("type") == "object"
        and extra is not True
        and not source.get("x-kubernetes-preserve-unknown-fields")
    ):
        node["additionalProperties"] = False
    if source.get("x-kubernetes-embedded-resource"):
        _embed(node)
    own = rules(source, path)
    if own:
        node[RULES] = own
    if source.get("nullable"):
        if "type" in node:
            types = node["type"] if isinstance(node["type"], list) else [node["type"]]
            node["type"] = [*types, "null"]
        node["x-kubernetes-nullable"] = True
        if "enum" in node and None not in node["enum"]:
            node["enum"] = [*node["enum"], None]
    return node


def _embed(node: Node) -> None:
    properties = node.setdefault("properties", {})
    properties.setdefault("apiVersion", {"type": "string"})
    properties.setdefault("kind", {"type": "string"})
    properties["metadata"] = _open(properties.get("metadata", {"type": "object"}))
    required = node.get("required", [])
    node["required"] = [*required, *(w for w in ("apiVersion", "kind") if w not in required)]


def _values(source: Node) -> Node:
    """The constraints on the value itself and the junctors below it."""
    node: Node = {}
    if source.get("type"):
        node["type"] = source["type"]
    for word in _PLAIN:
        if word in source and source[word] not in (None, []):
            node[word] = source[word]
    if "pattern" in node:
        node["pattern"] = ecma(node["pattern"])
    if source.get("enum") is not None:
        node["enum"] = list(source["enum"])
    _bounds(source, node)
    for word in ("allOf", "anyOf", "oneOf"):
        if source.get(word):
            # The server decodes null in a list of schemas as a schema without a word.
            node[word] = [_junctor(child or {}) for child in source[word]]
    if "not" in source:
        node["not"] = _junctor(source["not"])
    return node


def _junctor(source: Node) -> Node:
    """A node below allOf, anyOf, oneOf or not: it only constrains."""
    node = _values(source)
    if "properties" in source:
        node["properties"] = {k: _junctor(v) for k, v in source["properties"].items()}
    if isinstance(source.get("items"), dict):
        node["items"] = _junctor(source["items"])
    extra = source.get("additionalProperties")
    if isinstance(extra, dict):
        node["additionalProperties"] = _junctor(extra)
    return node


def _bounds(source: Node, node: Node) -> None:
    low, high = source.get("minimum"), source.get("maximum")
    if low is not None:
        node["exclusiveMinimum" if source.get("exclusiveMinimum") else "minimum"] = low
    if high is not None:
        node["exclusiveMaximum" if source.get("exclusiveMaximum") else "maximum"] = high


def _whole_numbers(source: Node, node: Node) -> None:
    """The bounds that the format of a whole number implies; without one it has 64 bits."""
    int_or_string = bool(source.get("x-kubernetes-int-or-string"))
    if source.get("type") != "integer" and not int_or_string:
        return
    low, high = _INT32 if source.get("format") == "int32" and not int_or_string else _INT64
    if source.get("minimum", low - 1) < low:
        node["minimum"] = low
    if source.get("maximum", high + 1) > high:
        node["maximum"] = high


# -- sharing -----------------------------------------------------------------------------------

_SMALL = 40  # a shorter text is not worth a reference
_CHILD_MAPS = ("properties",)
_CHILD_LISTS = ("allOf", "anyOf", "oneOf")
_CHILDREN = ("items", "additionalProperties", "not")


def share(tree: Node) -> Node:
    """The same schema with every part that occurs more than once written once, in `$defs`."""
    counts: dict[str, int] = {}
    texts: dict[int, str] = {}

    def text_of(node: Any) -> str:
        return texts.setdefault(id(node), json.dumps(node, sort_keys=True, separators=(",", ":")))

    def count(node: Any) -> None:
        if not isinstance(node, dict):
            return
        text = text_of(node)
        counts[text] = counts.get(text, 0) + 1
        if counts[text] == 1:
            for child in _children(node):
                count(child)

    count(tree)
    names: dict[str, str] = {}
    defs: Node = {}

    def build(node: Any, top: bool = False) -> Any:
        if not isinstance(node, dict):
            return node
        text = text_of(node)
        if not top and counts[text] > 1 and len(text) > _SMALL:
            if text not in names:
                names[text] = name = _name(len(names))
                defs[name] = {}
                defs[name] = rebuild(node)
            return {"$ref": f"#/$defs/{names[text]}"}
        return rebuild(node)

    def rebuild(node: Node) -> Node:
        out: Node = {}
        for word in sorted(node):
            value = node[word]
            if word in _CHILD_MAPS:
                out[word] = {k: build(value[k]) for k in sorted(value)}
            elif word in _CHILD_LISTS:
                out[word] = [build(v) for v in value]
            elif word in _CHILDREN:
                out[word] = build(value)
            else:
                out[word] = value
        return out

    root: Node = build(tree, True)
    if defs:
        root["$defs"] = defs
    return root


def _children(node: Node) -> Iterator[Any]:
    for word in _CHILD_MAPS:
        yield from node.get(word, {}).values()
    for word in _CHILD_LISTS:
        yield from node.get(word, ())
    for word in _CHILDREN:
        if word in node:
            yield node[word]


def _name(number: int) -> str:
    digits = "abcdefghijklmnopqrstuvwxyz"
    out = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        out = digits[rest] + out
    return out


def to_text(schema: Node) -> str:
    """The file's content: one line, always the same for the same schema."""
    return json.dumps(schema, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
