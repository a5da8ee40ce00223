"""The schemas of stack.yaml and of overlays for editors that read JSON Schema, and their modelines.

They are those of `spec/schema.py` with the names of the catalog and of the rules, which an editor
offers. A name that they do not have is no error: it may be a row of a newer release.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.editor.completion import named
from stackgen.spec.fields import shipped_schema
from stackgen.spec.overlays import SPEC_FILE

FOLDER = ".schemas"  # beside stack.yaml; hidden, so that lint takes it for no manifests
STACK, OVERLAY = "stack.schema.json", "overlay.schema.json"
_MODELINE = "# yaml-language-server: $schema="


def schema_files(catalog: Catalog) -> dict[str, bytes]:
    """The files of FOLDER by name."""
    return {name: text(catalog, name == OVERLAY).encode() for name in (OVERLAY, STACK)}


def text(catalog: Catalog, overlay: bool) -> str:
    """A schema as its file has it. overlay: that of overlays, in which no key is required."""
    schema = _with_names(shipped_schema(), "", catalog)
    if overlay:
        schema = _optional(schema) | {"title": "stackgen overlay"}
        schema["$id"] = schema["$id"].replace(STACK, OVERLAY)
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def with_modelines(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a stack, each spec and overlay with a first line that names its schema."""
    return {name: _with_modeline(name, content) for name, content in files.items()}


def _with_modeline(name: str, content: bytes) -> bytes:
    if posixpath.basename(name) != SPEC_FILE or content.startswith(_MODELINE.encode()):
        return content
    above = posixpath.relpath(".", posixpath.dirname(name) or ".")
    file = posixpath.normpath(posixpath.join(above, FOLDER, OVERLAY if "/" in name else STACK))
    return f"{_MODELINE}{file}\n".encode() + content


def _with_names(node: Mapping[str, Any], path: str, catalog: Catalog) -> dict[str, Any]:
    """The schema of the field at `path` with the names that can stand there."""
    made = dict(node)
    if "items" in made:
        made["items"] = _with_names(made["items"], path, catalog)
    if "properties" in made:
        made["properties"] = {
            key: _with_names(value, f"{path}.{key}" if path else key, catalog)
            for key, value in made["properties"].items()
        }
    names = (
        [] if "items" in made or "enum" in made else [name for name, _ in named(path, "", catalog)]
    )
    return made | ({"anyOf": [{"enum": names}, {"type": "string"}]} if names else {})


def _optional(node: Mapping[str, Any]) -> dict[str, Any]:
    """The same without required keys and defaults; null removes what stack.yaml says."""
    made = {k: v for k, v in node.items() if k not in ("required", "default", "minItems")}
    if "properties" in made:
        made["properties"] = {
            key: _or_null(_optional(value)) for key, value in made["properties"].items()
        }
    if "items" in made:
        made["items"] = _optional(made["items"])
    return made


def _or_null(node: dict[str, Any]) -> dict[str, Any]:
    made = dict(node)
    if "type" in made:
        made["type"] = [made["type"], "null"]
    if "enum" in made:
        made["enum"] = [*made["enum"], None]
    if "anyOf" in made:
        made["anyOf"] = [*made["anyOf"], {"type": "null"}]
    return made
