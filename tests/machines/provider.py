"""The schema of the Terraform provider: what a file in JSON says that the provider refuses.

provider.tsv holds the facts, which tools/terraform/main.go takes from the provider's own code.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "provider.tsv")
# Of every resource, whatever its provider.
META = {"lifecycle", "depends_on", "for_each"}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
}


@dataclass(frozen=True)
class Field:
    """An attribute or a block. use: required, optional or computed. most: blocks, 0 for any."""

    kind: str
    use: str
    most: int


@cache
def provider() -> tuple[str, dict[str, Field]]:
    """The provider's version, and its fields by path."""
    with open(FILE, encoding="utf-8") as file:
        lines = file.read().splitlines()
    version = lines[0].split("\t")[1]
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return version, {path: Field(kind, use, int(most or 0)) for path, kind, use, most in rows}


def refused(resource: str, data: dict[str, Any]) -> list[str]:
    """What the provider refuses about a resource in JSON."""
    body = {key: value for key, value in data.items() if key not in META}
    return list(_block(resource, body))


def _block(path: str, data: Any) -> Iterator[str]:
    fields = provider()[1]
    if not isinstance(data, dict):
        yield f"{path} is no block"
        return
    for name, value in data.items():
        field = fields.get(f"{path}.{name}")
        if field is None:
            yield f"{path} has no {name}"
        elif field.use == "computed":
            yield f"{path}.{name} cannot be set"
        else:
            yield from _value(f"{path}.{name}", field, value)
    for name, field in _below(path, fields):
        if field.use == "required" and name not in data:
            yield f"{path} needs {name}"


def _below(path: str, fields: dict[str, Field]) -> Iterator[tuple[str, Field]]:
    for other, field in fields.items():
        above, _, name = other.rpartition(".")
        if above == path:
            yield name, field


def _value(path: str, field: Field, value: Any) -> Iterator[str]:
    if field.kind == "block":
        items = value if isinstance(value, list) else [value]
        if field.most and len(items) > field.most:
            yield f"{path} is there {len(items)} times"
        for item in items:
            yield from _block(path, item)
        return
    outer, _, inner = field.kind.partition(" of ")
    if outer in ("list", "set"):
        items, kind, shape = value, inner, isinstance(value, list)
    elif outer == "map":
        items, kind = (list(value.values()) if isinstance(value, dict) else []), inner or "string"
        shape = isinstance(value, dict)
    else:
        items, kind, shape = [value], outer, True
    # true is an int in Python, and none in Terraform.
    right = shape and all(
        isinstance(item, TYPES[kind]) and isinstance(item, bool) is (kind == "bool")
        for item in items
    )
    if not right:
        yield f"{path} is {value!r}, and {field.kind} is needed"
