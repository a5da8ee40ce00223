"""docs/spec.md says what the schema says, about every field."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from tests import sandbox

PAGE = sandbox.ROOT / "docs" / "spec.md"


def test_the_page_is_what_the_schema_says() -> None:
    sandbox.run_ok([sys.executable, "tools/docs/spec_reference.py", "--check"], sandbox.ROOT)


def test_every_field_is_there_with_its_description() -> None:
    text = PAGE.read_text(encoding="utf-8")
    schema = json.loads((sandbox.ROOT / "schemas" / "stack.schema.json").read_text("utf-8"))
    fields = list(_fields(schema))
    assert len(fields) > 50
    lines = [line for line in text.splitlines() if line.startswith("|")]
    missing = [
        name
        for name, field in fields
        if not any(f"`{name}`" in line and field["description"] in line for line in lines)
    ]
    assert missing == []


def _fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in schema.get("properties", {}).items():
        yield name, field
        yield from _fields(field)
        yield from _fields(field.get("items", {}))
