"""The JSON Schema of `stack.yaml`, made from `spec/model.py`.

`python -m stackgen.spec.schema` writes `schemas/stack.schema.json`; a test keeps them equal.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from typing import Any

from stackgen import paths
from stackgen.origin import Traced
from stackgen.spec.fields import ALLOWED, NO_DEFAULT
from stackgen.spec.model import Stack

ID = "https://stackgen.dev/schemas/"  # with the name of a file, the identity of a schema
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def stack_schema() -> dict[str, Any]:
    """The schema as plain data."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{ID}stack.schema.json",
        "title": "stackgen stack",
    }
    schema.update(_object(Stack))
    return schema


def key_of(field: dataclasses.Field[Any]) -> str:
    """The key in the file: the field's name, without the underscore that saves a Python word."""
    return field.name.rstrip("_")


def _object(model: Any) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required = []
    for field in dataclasses.fields(model):
        properties[key_of(field)] = _property(field)
        if field.metadata["default"] is NO_DEFAULT:
            required.append(key_of(field))
    return {
        "type": "object",
        "description": (model.__doc__ or "").split("\n")[0],
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _property(field: dataclasses.Field[Any]) -> dict[str, Any]:
    metadata = field.metadata
    bounds = dict(metadata["bounds"])
    items = bounds.pop("items", {})
    bounds.pop("why", None)
    allowed = bounds.pop("allowed", None) or ALLOWED.get(bounds.get("pattern", ""))
    schema: dict[str, Any] = {**_type(field.type), **bounds}
    if allowed:
        (schema["items"] if "pattern" in items else schema)["x-allowed"] = allowed
    schema["description"] = metadata["description"]
    if items:
        schema["items"] |= items
    default = metadata["default"]
    if default is not NO_DEFAULT and default is not None and default != ():
        schema["default"] = default
    return schema


def _type(annotation: Any) -> dict[str, Any]:
    origin = typing.get_origin(annotation)
    if origin is tuple:
        return {"type": "array", "items": _type(typing.get_args(annotation)[0])}
    if origin is Traced:
        (inner,) = typing.get_args(annotation)
        if isinstance(inner, types.UnionType):
            inner = next(a for a in typing.get_args(inner) if a is not type(None))
        return {} if inner is Any else {"type": _TYPES[inner]}
    return _object(annotation)


def text() -> str:
    """The file's content."""
    return json.dumps(stack_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with open(paths.schemas("stack.schema.json"), "w", encoding="utf-8") as out:
        out.write(text())
