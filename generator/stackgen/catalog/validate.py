"""Are rows of the catalogue well formed? Checked by `schemas/catalog.schema.json`, said plainly.

The built-in rows are checked in the tests; the user's own on every run that has any.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from stackgen import paths
from stackgen.manifest.document import Path, show_path

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def problems_of(definition: str, data: Any) -> Iterator[tuple[Path, bool, str]]:
    """What is wrong with `data`, by the schema's definition: `machines`, `prices`, ... or `release`.

    Yields the path into `data`, whether it is the key there that is wrong, and the message.
    """
    for error in _validator(definition).iter_errors(data):
        yield from _explain(error, data)


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    with open(paths.schemas("catalog.schema.json"), encoding="utf-8") as file:
        schema: dict[str, Any] = json.load(file)
    return schema


@lru_cache(maxsize=16)
def _validator(definition: str) -> Any:
    import jsonschema_rs

    schema = {"$ref": f"#/$defs/{definition}", "$defs": _schema()["$defs"]}
    return jsonschema_rs.validator_for(schema, offline=True, validate_formats=True)


def _explain(error: Any, data: Any) -> Iterator[tuple[Path, bool, str]]:
    path: Path = tuple(error.instance_path)
    kind = error.kind.as_dict()
    match error.kind.name:
        case "required":
            yield path, True, f"{_called(path)} has no {kind['property']}"
        case "additionalProperties":
            for name in kind["unexpected"]:
                known = _known(error.schema_path)
                close = difflib.get_close_matches(name, known, n=1)
                hint = f": did you mean {close[0]}?" if close else f"; there are {_or(known)}"
                what = "row that exists here" if not path else "known field"
                yield (*path, name), True, f"{name} is not a {what}{hint}"
        case "propertyNames":
            pattern = _at(tuple(error.schema_path)[:-1])
            for name in _at_data(data, path):
                if any(True for _ in _names_validator(pattern["pattern"]).iter_errors(name)):
                    yield (*path, name), True, f"{name} must be {pattern['x-allowed']}"
        case name:
            wanted, found = _wanted(name, kind, error), _show(error.instance)
            yield path, False, f"{_called(path)} must be {wanted}, not {found}"


def _wanted(name: str, kind: dict[str, Any], error: Any) -> str:
    match name:
        case "type":
            return _or([_TYPES[t] for t in kind["types"]])
        case "enum":
            return _or([_show(o) for o in kind["options"]])
        case "pattern" | "format":
            return str(_at(tuple(error.schema_path)[:-1])["x-allowed"])
        case "minimum":
            return f"{kind['limit']} or more"
        case "exclusiveMinimum":
            return f"more than {kind['limit']}"
        case "minLength":
            return "a text that is not empty"
        case "uniqueItems":
            return "a list without repetitions"
        case "minItems" | "minProperties":
            return f"at least {kind['limit']} long"
        case "maxItems" | "maxProperties":
            return f"at most {kind['limit']} long"
    return f"as the schema's {name} says"


def _called(path: Path) -> str:
    return show_path(path) if path else "the file"


def _show(value: Any) -> str:
    return "a mapping" if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)


def _or(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _known(schema_path: Any) -> list[str]:
    properties = _at(tuple(schema_path)[:-1]).get("properties", {})
    return list(properties)


def _at(schema_path: tuple[str | int, ...]) -> dict[str, Any]:
    node: Any = _schema()
    for part in schema_path:
        node = node[part]
    found: dict[str, Any] = node
    return found


def _at_data(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


@lru_cache(maxsize=8)
def _names_validator(pattern: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for({"pattern": pattern}, offline=True)
