"""Fields of the spec, explained from their schema."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.report.field_text import UnknownFieldError, field_text, find
from stackgen.report.style import Style
from stackgen.spec.fields import shipped_schema

SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "The whole file.",
    "required": ["spec"],
    "properties": {
        "kind": {"type": "string", "enum": ["Stack"], "description": "Kind of this file."},
        "spec": {
            "type": "object",
            "description": "The stack.",
            "properties": {
                "models": {
                    "type": "array",
                    "minItems": 1,
                    "description": "The models.",
                    "items": {
                        "type": "object",
                        "description": "One served model.",
                        "required": ["name"],
                        "properties": {
                            "name": {"type": "string", "description": "Its name."},
                            "replicas": {
                                "type": "integer", "default": 1, "minimum": 0, "maximum": 9,
                                "description": "Number of model servers.",
                            },
                            "args": {
                                "type": "array", "default": [], "description": "Flags.",
                                "items": {"type": "string", "x-allowed": "one flag"},
                            },
                        },
                    },
                },
                "exposure": {
                    "type": ["string", "null"], "enum": ["internal", "external"],
                    "examples": ["internal"], "description": "Who may call.",
                },
            },
        },
    },
}  # fmt: skip


def explained(path: str) -> str:
    return field_text(find(SCHEMA, path), Style())


def test_scalar() -> None:
    assert (
        explained("spec.models.replicas")
        == """\
spec.models[].replicas  integer
Number of model servers.

  bounds    at least 0, at most 9
  default   1
"""
    )


def test_choice() -> None:
    assert (
        explained("spec.exposure")
        == """\
spec.exposure  string or null
Who may call.

  allowed   internal, external
  example   internal
"""
    )


def test_list_of_mappings() -> None:
    assert (
        explained("spec.models")
        == """\
spec.models  list of mappings
The models.

  bounds    1 or more items

Each item: One served model.

Fields
  name *    Its name.
  replicas  Number of model servers.
  args      Flags.

  * required
"""
    )


def test_list_of_scalars() -> None:
    assert (
        explained("spec.models.args")
        == """\
spec.models[].args  list of strings
Flags.

  allowed   one flag
  default   []
"""
    )


@pytest.mark.parametrize(
    "path", ["spec.models.name", "spec.models[0].name", "spec.models[].name", "models.name"]
)
def test_spellings_of_a_path(path: str) -> None:
    field = find(SCHEMA, path)
    assert (field.path, field.required) == ("spec.models[].name", True)


def test_whole_file() -> None:
    assert explained("").startswith("stack.yaml  mapping\nThe whole file.\n")


@pytest.mark.parametrize("path", ["spec.gateway.tenants", "spec.cluster.nodePools.fallback"])
def test_every_line_fits_in_80_columns(path: str) -> None:
    text = field_text(find(shipped_schema(), path), Style(width=80))
    assert "Each item: " in text
    assert all(len(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("spec.modls", '`spec` has no field "modls"; did you mean "models"?'),
        ("spec.models.x", '`spec.models[]` has no field "x"; its fields are name, replicas, args'),
        ("spec.models.name.x", '`spec.models[].name` has no field "x"; it has no fields'),
        ("status", 'the file has no field "status"; its fields are kind, spec'),
    ],
)
def test_unknown_field(path: str, message: str) -> None:
    with pytest.raises(UnknownFieldError) as error:
        find(SCHEMA, path)
    assert str(error.value) == message
