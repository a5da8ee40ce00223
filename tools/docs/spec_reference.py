"""Write docs/spec.md, the reference of `stack.yaml`, from schemas/stack.schema.json.

    python tools/docs/spec_reference.py [--check]

With --check nothing is written; the exit code is 1 when the page is not what the schema says.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCHEMA = os.path.join(ROOT, "schemas", "stack.schema.json")
PAGE = os.path.join(ROOT, "docs", "spec.md")

HEAD = """\
<!-- Generated from schemas/stack.schema.json by tools/docs/spec_reference.py. -->

# The spec

Every field of `stack.yaml`. `stackgen explain spec.serving.models.replicas` prints the same for one
field, and editors that know YAML schemas show it while you type, once the file begins with

```yaml
# yaml-language-server: $schema=.schemas/stack.schema.json
```

`stackgen init` writes this schema, and so does `stackgen schemas stack --write`. A file says what
cannot be derived and nothing else; an unknown key is an error. `overlays/<env>/stack.yaml` holds
what differs in one environment: maps merge, lists of named items merge by `name`, other lists are
replaced, `null` removes a key. **Bold** fields are required.
"""
BOUNDS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "{} or more characters"),
    ("maxLength", "{} or fewer characters"),
    ("minItems", "{} or more"),
    ("maxItems", "{} or fewer"),
)
Schema = dict[str, Any]


def page(schema: Schema) -> str:
    """The whole page."""
    return "\n".join([HEAD, *_sections("", schema)]).rstrip("\n") + "\n"


def _sections(path: str, schema: Schema) -> Iterator[str]:
    """A table for the fields of an object, then the same for the objects inside of it."""
    inner = schema.get("properties", {})
    required = schema.get("required", ())
    yield f"## `{path}`" if path else "## The file"
    yield ""
    yield schema["description"]
    yield ""
    yield "| field | type | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in inner.items():
        shown = f"**`{name}`**" if name in required else f"`{name}`"
        yield f"| {shown} | {_type(field)} | {_default(field)} | {_meaning(field)} |"
    yield ""
    for name, field in inner.items():
        below = f"{path}.{name}" if path else name
        if "properties" in field:
            yield from _sections(below, field)
        elif "properties" in field.get("items", {}):
            yield from _sections(f"{below}[]", field["items"])


def _type(field: Schema) -> str:
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}s"
    return {"object": "mapping", None: "anything"}.get(field.get("type"), str(field.get("type")))


def _default(field: Schema) -> str:
    return f"`{_value(field['default'])}`" if "default" in field else ""


def _meaning(field: Schema) -> str:
    facts = [str(field["description"])]
    for part in (field, field.get("items", {})):
        if "properties" in part:
            continue
        if "enum" in part:
            facts.append("One of " + ", ".join(f"`{_value(v)}`" for v in part["enum"]) + ".")
        if "x-allowed" in part:
            facts.append(f"Allowed: {part['x-allowed']}.")
        bounds = [text.format(part[key]) for key, text in BOUNDS if key in part]
        if bounds:
            facts.append(_sentence(", ".join(bounds)))
        if "examples" in part and not part.get("x-allowed", "").count("such as"):
            facts.append("Such as " + ", ".join(f"`{_value(v)}`" for v in part["examples"]) + ".")
    return " ".join(facts).replace("|", "\\|")


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def main(arguments: list[str]) -> int:
    """Write or compare the page."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("python tools/docs/spec_reference.py [--check]\n")
        return 2
    with open(SCHEMA, encoding="utf-8") as file:
        wanted = page(json.load(file))
    if not arguments:
        with open(PAGE, "w", encoding="utf-8", newline="\n") as out:
            out.write(wanted)
        return 0
    with open(PAGE, encoding="utf-8", newline="") as file:
        same = file.read() == wanted
    if not same:
        sys.stderr.write("docs/spec.md is not what the schema says\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
