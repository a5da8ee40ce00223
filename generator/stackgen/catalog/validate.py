"""Are rows of the catalog well formed? Checked by `schemas/catalog.schema.json`, said plainly.

The built-in rows are checked in the tests; the user's own on every run that has any.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from stackgen import paths
from stackgen.manifest.document import Path, located, show_path
from stackgen.reading import read_text
from stackgen.record import record
from stackgen.spelling import nearest
from stackgen.wording import and_list, or_list

_TYPES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


@record
class Wrong:
    """One thing wrong with a file: where, whether the key there is what is wrong, and what."""

    path: Path
    key: bool
    message: str


def problems_of(definition: str, data: Any) -> list[Wrong]:
    """What is wrong with `data`, by the definition of its file: `machines`, ... or `release`."""
    row_at = 0 if definition == "release" else 1
    found = []
    if row_at and isinstance(data, dict) and "" in data:
        found.append(Wrong(("",), True, "a row must have a name"))
        data = {name: row for name, row in data.items() if name}
    validator = _validator(definition)
    errors = [(located(data, e.instance_path)[0], e) for e in validator.iter_errors(data)]
    for path, error in errors:
        if error.kind.name != "required":
            found += _explain(path, error, data, row_at)
    meant = {(p, _close(name, e)) for p, e in errors for name in _unexpected(e)}
    for path, error in errors:
        if error.kind.name == "required":
            name = error.kind.as_dict()["property"]
            if (path, name) not in meant:
                what = show_path((*path[row_at:], name))
                found.append(Wrong(path, True, f"{_in(path, row_at)}{what} is missing"))
    return found


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(read_text(paths.schemas("catalog.schema.json")))
    return schema


@lru_cache(maxsize=16)
def _validator(definition: str) -> Any:
    import jsonschema_rs

    schema = {"$ref": f"#/$defs/{definition}", "$defs": _schema()["$defs"]}
    return jsonschema_rs.validator_for(schema, offline=True, validate_formats=True)


def _explain(path: Path, error: Any, data: Any, row_at: int) -> Iterator[Wrong]:
    where = _in(path, row_at)
    match error.kind.name:
        case "additionalProperties":
            for name in _unexpected(error):
                close = _close(name, error)
                there = f"; there are {and_list(_known(error))}"
                hint = f": did you mean {close}?" if close else there
                yield Wrong((*path, name), True, f"{where}{name} is not known{hint}")
        case "propertyNames":
            name, rule = error.kind.as_dict()["error"].instance, _at(error)
            yield Wrong((*path, name), True, f"{name} must be {rule['x-allowed']}")
        case name:
            what = show_path(path[row_at:]) if len(path) > row_at else "the row" if path else ""
            wanted, found = _wanted(name, error), _show(error.instance)
            message = f"{where}{what or 'the file'} must be {wanted}, not {found}"
            yield Wrong(path, False, message)


def _unexpected(error: Any) -> list[str]:
    """The keys that are not known; none for another kind of error."""
    if error.kind.name != "additionalProperties":
        return []
    names: list[str] = error.kind.as_dict()["unexpected"]
    return names


def _close(name: str, error: Any) -> str:
    return nearest(name, _known(error)) or ""


def _in(path: Path, row_at: int) -> str:
    return f"{path[0]}: " if path and row_at else ""


def _wanted(name: str, error: Any) -> str:
    kind = error.kind.as_dict()
    match name:
        case "type":
            return or_list([_TYPES[t] for t in kind["types"]])
        case "enum":
            return or_list([_show(o) for o in kind["options"]])
        case "pattern" | "format":
            return str(_at(error)["x-allowed"])
        case "minimum":
            return f"{kind['limit']} or more"
        case "exclusiveMinimum":
            return f"more than {kind['limit']}"
        case "minLength":
            return "a string that is not empty"
        case "uniqueItems":
            return "a list without repetitions"
        case "minItems" | "minProperties":
            return f"at least {kind['limit']} long"
        case "maxItems" | "maxProperties":
            return f"at most {kind['limit']} long"
    return f"as the schema's {name} says"


def _show(value: Any) -> str:
    return "an object" if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)


def _known(error: Any) -> list[str]:
    return list(_at(error).get("properties", {}))


def _at(error: Any) -> dict[str, Any]:
    """The part of the schema that holds the keyword which failed."""
    return _follow(_schema(), tuple(error.schema_path)[:-1])  # type: ignore[no-any-return]


def _follow(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data
