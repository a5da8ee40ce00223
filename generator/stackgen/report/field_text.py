"""What there is to say about a field of the spec, from its JSON Schema."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from stackgen.record import record
from stackgen.regex import regex
from stackgen.report.style import Style
from stackgen.spelling import did_you_mean
from stackgen.table import wrapped

_INDEX = regex(r"\[[^\]]*\]")
_ORDER = ("required", "allowed", "bounds", "default", "example")
_BOUNDS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "{} or more characters"),
    ("maxLength", "{} or fewer characters"),
    ("minItems", "{} or more items"),
    ("maxItems", "{} or fewer items"),
)


@record
class Field:
    """A field found in the schema. path: as it is written, list items as `[]`."""

    path: str
    schema: dict[str, Any]
    required: bool = False


class UnknownFieldError(Exception):
    """A path that the spec does not have; the message says where it ends and what is near."""


def find(schema: dict[str, Any], path: str) -> Field:
    """The field at `path`. `[0]` and the like are allowed; `spec.` in front may be left out.

    Raises UnknownFieldError.
    """
    steps = [step for step in _INDEX.sub("", path).split(".") if step]
    top = schema.get("properties", {})
    if steps and steps[0] not in top and steps[0] in top.get("spec", {}).get("properties", {}):
        steps.insert(0, "spec")
    here, shown, required = schema, "", False
    for step in steps:
        if "items" in here:
            here, shown = here["items"], f"{shown}[]"
        inner = here.get("properties", {})
        if step not in inner:
            hint = did_you_mean(step, inner) or _choices(inner)
            where = f"`{shown}`" if shown else "the file"
            raise UnknownFieldError(f'{where} has no field "{step}"{hint}')
        required = step in here.get("required", ())
        here, shown = inner[step], f"{shown}.{step}" if shown else step
    return Field(shown, here, required)


def fields(schema: dict[str, Any]) -> Iterator[Field]:
    """All fields of the spec, each after the one that it is in."""

    def below(node: dict[str, Any], path: str) -> Iterator[Field]:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        if isinstance(node.get("items"), dict):
            yield from below(node["items"], f"{path}[]")
        for key, value in node.get("properties", {}).items():
            inner = f"{path}.{key}" if path else key
            yield Field(inner, value, key in node.get("required", ()))
            yield from below(value, inner)

    yield from below(schema, "")


def field_text(field: Field, style: Style) -> str:
    """All of a field: meaning, type, what is allowed, default, examples, its own fields."""
    schema = field.schema
    item = schema.get("items", {})
    lines = [f"{style.paint('bold', field.path or 'stack.yaml')}  {_type(schema)}"]
    lines += textwrap.wrap(str(schema.get("description", "")), style.width)
    lines.append("")
    lines += _facts(field, item, style)
    fields = schema.get("properties") or item.get("properties") or {}
    if fields:
        if item.get("description"):
            lines += [*textwrap.wrap(f"Each item: {item['description']}", style.width), ""]
        needed = (schema if schema.get("properties") else item).get("required", ())
        lines += [style.paint("bold", "Fields"), *_table(fields, needed, style)]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


def _facts(field: Field, item: dict[str, Any], style: Style) -> Iterator[str]:
    schema = field.schema
    facts = [("required", "yes" if field.required else "")]
    for part in (schema, item if "properties" not in item else {}):
        facts += [
            ("allowed", ", ".join(_value(v) for v in part.get("enum", ()))),
            ("allowed", str(part.get("x-allowed", ""))),
            ("bounds", ", ".join(text.format(part[k]) for k, text in _BOUNDS if k in part)),
            ("default", _value(part["default"]) if part.get("default") is not None else ""),
            ("example", ", ".join(_value(v) for v in part.get("examples", ()))),
        ]
    shown = sorted((f for f in facts if f[1]), key=lambda f: _ORDER.index(f[0]))
    for name, text in shown:
        yield from wrapped(text, style.width, f"  {name:<9} ")
    if shown:
        yield ""


def _table(fields: dict[str, Any], needed: Any, style: Style) -> Iterator[str]:
    names = {name: f"{name} *" if name in needed else name for name in fields}
    wide = max(len(shown) for shown in names.values()) + 2
    for name, schema in fields.items():
        text = str(schema.get("description", ""))
        yield from wrapped(text, style.width, f"  {names[name]:<{wide}}") or [f"  {name}"]
    if needed:
        yield ""
        yield "  * required"


def _type(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "any value")
    names = kind if isinstance(kind, list) else [kind]
    words = " or ".join({"object": "mapping", "array": "list"}.get(n, str(n)) for n in names)
    item = schema.get("items", {}).get("type")
    return f"{words} of {_type(schema['items'])}s" if isinstance(item, str) else words


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _choices(inner: dict[str, Any]) -> str:
    return f"; its fields are {', '.join(inner)}" if inner else "; it has no fields"
