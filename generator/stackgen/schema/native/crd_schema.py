"""The schemas inside a CustomResourceDefinition: are they structural?"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.cel import NotEvaluatedError
from stackgen.schema.cel_types import SelfTypes
from stackgen.schema.defaults import problems_of_value
from stackgen.schema.native.report import Report

Schema = dict[str, Any]

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_FORBIDDEN = (
    "$ref", "$schema", "definitions", "dependencies", "id", "patternProperties", "additionalItems",
)  # fmt: skip
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING = "x-kubernetes-int-or-string"
_EMBEDDED = "x-kubernetes-embedded-resource"
_LIST, _KEYS, _MAP = "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"
_RULES = "x-kubernetes-validations"
# What belongs to the structure and cannot stand inside allOf, anyOf, oneOf and not.
_STRUCTURAL = (
    "type", "default", "title", "description", "nullable", _PRESERVE, _INT_OR_STRING, _EMBEDDED,
    _LIST, _KEYS, _MAP,
)  # fmt: skip


_AT_ROOT = frozenset((
    "description", "type", "format", "title", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems",
    "multipleOf", "required", "items", "properties", "externalDocs", "example", _PRESERVE, _RULES,
))  # fmt: skip


def check_root(schema: Schema, has_status: bool, path: Path, report: Report) -> None:
    """The schema of a version; `has_status`: its status is a subresource."""
    for field in sorted(set(schema) - _AT_ROOT) if has_status else ():
        if schema[field] not in (None, False, "", 0) and field not in _FORBIDDEN:
            report.wrong((*path, field), "not at the root when the status subresource is enabled")
    if not schema.get("type"):
        if not schema.get(_PRESERVE):
            report.required((*path, "type"), "the root is an object")
    elif schema["type"] != "object":
        report.enum((*path, "type"), schema["type"], ("object",))
    if schema.get("nullable"):
        report.wrong((*path, "nullable"), "the root cannot be null")
    _check(schema, path, report, SelfTypes(schema), root=True)
    meta = (schema.get("properties") or {}).get("metadata")
    if meta is not None:
        if meta.get("type") != "object":
            where = (*path, "properties", "metadata", "type")
            report.enum(where, meta.get("type", ""), ("object",))
        for name in meta.get("properties") or {}:
            if name not in ("generateName", "name"):
                where = (*path, "properties", "metadata", "properties", name)
                report.wrong(where, "only name and generateName of metadata can be restricted")


def _check(
    schema: Schema, path: Path, report: Report, types: SelfTypes, root: bool = False
) -> None:
    """A schema that carries structure: the root, a property, an item."""
    kind = schema.get("type", "")
    any_type = schema.get(_INT_OR_STRING) or schema.get(_PRESERVE)
    if kind:
        report.enum((*path, "type"), kind, _TYPES)
    elif not any_type and not root:
        report.required((*path, "type"), f"one of {', '.join(_TYPES)}")
    _check_values(schema, path, report)
    _check_lists(schema, kind, path, report)
    _check_embedded(schema, kind, path, report)
    _check_rules(schema, path, report, types)
    if schema.get("default") is not None:
        _check_default(schema["default"], schema, (*path, "default"), report)
    for name, inner in (schema.get("properties") or {}).items():
        _check(inner, (*path, "properties", name), report, types)
    more = schema.get("additionalProperties")
    if more is not None and schema.get("properties"):
        report.wrong((*path, "additionalProperties"), "properties and it exclude each other")
    if more is False:
        report.wrong((*path, "additionalProperties"), "cannot be false: unknown fields are dropped")
    if isinstance(more, dict):
        _check(more, (*path, "additionalProperties"), report, types)
    items = schema.get("items")
    if isinstance(items, list):
        report.wrong((*path, "items"), "must be one schema for all items")
    elif items is not None:
        _check(items, (*path, "items"), report, types)
    elif kind == "array":
        report.required((*path, "items"), "what an array holds")
    for inner, where in _branches(schema, path):
        _check_branch(inner, where, schema, report, root)


def _is_int_or_string(branches: Any) -> bool:
    """Whether an anyOf only repeats what _INT_OR_STRING says."""
    stated = [{k: v for k, v in b.items() if v not in (None, False, "", [])} for b in branches]
    return stated == [{"type": "integer"}, {"type": "string"}]


def _branches(schema: Schema, path: Path) -> Iterator[tuple[Schema, Path]]:
    int_or_string = bool(schema.get(_INT_OR_STRING))
    for field in ("allOf", "anyOf", "oneOf"):
        inner = schema.get(field) or ()
        if int_or_string and field == "anyOf" and _is_int_or_string(inner):
            continue
        for i, branch in enumerate(inner):
            first = int_or_string and field == "allOf" and i == 0 and set(branch) == {"anyOf"}
            if not (first and _is_int_or_string(branch["anyOf"])):
                yield branch, (*path, field, i)
    if schema.get("not") is not None:
        yield schema["not"], (*path, "not")


def _check_branch(
    schema: Schema, path: Path, around: Schema, report: Report, complete: bool
) -> None:
    """A schema that only restricts values.

    complete: what it restricts must be declared around it; the server asks for that in what
    stands at the root alone.
    """
    for field in _STRUCTURAL:
        value = schema.get(field)
        if value in (None, "", False, []) and not (field == "default" and field in schema):
            continue
        report.wrong((*path, field), "belongs to the schema around allOf, anyOf, oneOf and not")
    _check_values(schema, path, report)
    inner_items, outer_items = schema.get("items"), around.get("items")
    if isinstance(inner_items, dict):
        outer = outer_items if isinstance(outer_items, dict) else {}
        _check_branch(inner_items, (*path, "items"), outer, report, complete)
    known = around.get("properties") or {}
    for name, inner in (schema.get("properties") or {}).items():
        if (
            complete
            and name not in known
            and not isinstance(around.get("additionalProperties"), dict)
        ):
            message = "must be among the properties of the schema around it as well"
            report.required((*path, "properties", name), message)
        place = (*path, "properties", name)
        _check_branch(inner, place, known.get(name) or {}, report, complete)
    if schema.get("additionalProperties") is not None:
        report.wrong((*path, "additionalProperties"), "belongs to the schema around it")
    for inner, where in _branches(schema, path):
        _check_branch(inner, where, around, report, complete)


def _check_values(schema: Schema, path: Path, report: Report) -> None:
    for field in _FORBIDDEN:
        if schema.get(field) or (field in schema and field in ("dependencies", "additionalItems")):
            report.wrong((*path, field), f"{field} is not allowed in a structural schema", key=True)
    if schema.get("uniqueItems"):
        report.wrong((*path, "uniqueItems"), "cannot be true: use x-kubernetes-list-type set")
    pattern = schema.get("pattern", "")
    try:
        if pattern and not _is_pattern(pattern):
            report.add("schema-pattern", (*path, "pattern"), "is not a regular expression")
    except RecursionError:
        message = "the pattern was not checked: it is nested too deep"
        report.add("schema-not-evaluated", (*path, "pattern"), message)
    for low, high in _BOUNDS:
        if low in schema and high in schema and schema[low] > schema[high]:
            report.range((*path, low), schema[low], f"at most {high}, {schema[high]}")


_BOUNDS = (
    ("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"),
)  # fmt: skip


def _is_pattern(pattern: str) -> bool:
    """Whether Go reads the pattern, as far as Python can tell. Raises RecursionError."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of what Python may read otherwise later
            re.compile(re.sub(r"\\[pP]\{[^}]{0,99}\}|\\[zQECpP]", "a", pattern))
    except (re.error, OverflowError):  # OverflowError: repeated more than 2**32 times
        return "(?" in pattern or "\\" in pattern
    return True


def _check_lists(schema: Schema, kind: str, path: Path, report: Report) -> None:
    form, keys = schema.get(_LIST), schema.get(_KEYS) or []
    if form is not None:
        report.enum((*path, _LIST), form, ("atomic", "map", "set"))
        if kind != "array":
            report.wrong((*path, _LIST), "only for type array")
    mapped = schema.get(_MAP)
    if mapped is not None:
        report.enum((*path, _MAP), mapped, ("atomic", "granular"))
        if kind != "object":
            report.wrong((*path, _MAP), "only for type object")
    if keys and form != "map":
        report.wrong((*path, _KEYS), f"only for {_LIST} map")
    items = schema.get("items")
    if form == "map":
        if not keys:
            report.required((*path, _KEYS), f"{_LIST} map needs at least one key")
        if isinstance(items, dict):
            _check_keys(keys, items, path, report)
    if form == "set" and isinstance(items, dict):
        if items.get("nullable"):
            report.wrong((*path, "items", "nullable"), f"items of {_LIST} set cannot be null")
        if items.get("type") == "array" and items.get(_LIST) != "atomic":
            report.wrong((*path, "items", _LIST), "lists inside a set must be atomic")
        if items.get("type") == "object" and items.get(_MAP) != "atomic":
            report.wrong((*path, "items", _MAP), "objects inside a set must be atomic")


def _check_keys(keys: list[str], items: Schema, path: Path, report: Report) -> None:
    if items.get("type") != "object":
        report.wrong((*path, "items", "type"), f"{_LIST} map needs items of type object")
    properties, required = items.get("properties") or {}, items.get("required") or []
    for i, key in enumerate(keys):
        if key in keys[:i]:
            report.duplicate((*path, _KEYS, i), key, "key")
        elif key not in properties:
            report.wrong((*path, _KEYS, i), f"{key} is not a property of the items")
        elif properties[key].get("type") in ("array", "object"):
            report.wrong((*path, _KEYS, i), f"{key} is not a plain value")
        elif key not in required and "default" not in properties[key]:
            report.wrong((*path, _KEYS, i), f"{key} must be required or have a default")


def _check_embedded(schema: Schema, kind: str, path: Path, report: Report) -> None:
    if schema.get(_PRESERVE) is False:
        report.wrong((*path, _PRESERVE), "must be true or left out")
    for field in (_PRESERVE, _EMBEDDED):
        if schema.get(field) and schema.get(_INT_OR_STRING):
            report.wrong((*path, field), f"cannot stand beside {_INT_OR_STRING}")
    if not schema.get(_EMBEDDED):
        return
    if kind != "object":
        report.wrong((*path, "type"), f"{_EMBEDDED} needs type object")
    if schema.get("additionalProperties") is not None:
        report.wrong((*path, "additionalProperties"), f"cannot stand beside {_EMBEDDED}")
    if not schema.get(_PRESERVE) and not schema.get("properties"):
        report.required((*path, "properties"), f"{_EMBEDDED} needs properties or {_PRESERVE}")


def _is_bound(value: Any, schema: Schema) -> bool:
    bits = 31 if schema.get("format") == "int32" else 63
    return value is None or (value == int(value) and -(2**bits) <= value < 2**bits)


def _check_default(value: Any, schema: Schema, path: Path, report: Report) -> None:
    """A default must itself hold what the schema asks for, its rules included."""
    if value is None and not schema.get("nullable"):
        report.add("schema-wrong-type", path, "is null, but the schema is not nullable")
        return
    for bound in ("minimum", "maximum"):
        if schema.get("type") == "integer" and not _is_bound(schema.get(bound), schema):
            message = (
                f"{schema[bound]} is not a whole number of the format, so nothing can be compared"
            )
            report.wrong((*path[:-1], bound), message)
    for problem in problems_of_value(value, schema):
        report.problems.append(replace(problem, path=(*path, *problem.path)))


def _check_rules(schema: Schema, path: Path, report: Report, types: SelfTypes) -> None:
    for i, rule in enumerate(schema.get(_RULES) or ()):
        where = (*path, _RULES, i)
        text, dynamic = rule.get("rule", "").strip(), rule.get("messageExpression", "").strip()
        if not text:
            report.required((*where, "rule"))
        else:
            optional = bool(rule.get("optionalOldSelf"))
            if rule.get("optionalOldSelf") is not None and not re.search(r"\boldSelf\b", text):
                message = "only for a rule that uses oldSelf"
                report.wrong((*where, "optionalOldSelf"), message)
            _check_types(types, text, schema, "bool", optional, (*where, "rule"), report)
            if dynamic:
                place = (*where, "messageExpression")
                _check_types(types, dynamic, schema, "string", optional, place, report)
        message = rule.get("message", "")
        if message and (not message.strip() or "\n" in message.strip()):
            report.syntax((*where, "message"), message, "must be one line of text")
        reason = rule.get("reason")
        allowed = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid",
                   "FieldValueRequired")  # fmt: skip
        if reason is not None and reason not in allowed:
            report.enum((*where, "reason"), reason, allowed)


def _check_types(
    types: SelfTypes, text: str, schema: Schema, result: str, optional: bool, path: Path,
    report: Report,
) -> None:  # fmt: skip
    try:
        wrong = types.wrong(text, schema, result, optional)
    except NotEvaluatedError as error:
        message = f"a rule was not checked: {error}"
        report.add("schema-not-evaluated", path, message, certain=False)
        return
    if wrong:
        report.add("schema-cross-field", path, wrong)
