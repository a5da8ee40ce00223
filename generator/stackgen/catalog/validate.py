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
from stackgen.reading import read_text
from stackgen.record import record

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
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
    errors = list(_validator(definition).iter_errors(data))
    row_at = 0 if definition == "release" else 1
    found = [w for e in errors if e.kind.name != "required" for w in _explain(e, data, row_at)]
    meant = {(w.path[:-1], _close(w.path[-1], e)) for e in errors for w in _misspelt(e)}
    for error in errors:
        if error.kind.name == "required":
            path, name = tuple(error.instance_path), error.kind.as_dict()["property"]
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


def _explain(error: Any, data: Any, row_at: int) -> Iterator[Wrong]:
    path: Path = tuple(error.instance_path)
    where = _in(path, row_at)
    match error.kind.name:
        case "additionalProperties":
            for wrong in _misspelt(error):
                name = str(wrong.path[-1])
                close = _close(name, error)
                hint = f": did you mean {close}?" if close else f"; there are {_and(_known(error))}"
                yield Wrong(wrong.path, True, f"{where}{name} is not known{hint}")
        case "propertyNames":
            rule = _at(error)
            for name in _follow(data, path):
                if not _matches(rule["pattern"], name):
                    yield Wrong((*path, name), True, f"{name} must be {rule['x-allowed']}")
        case name:
            what = show_path(path[row_at:]) if len(path) > row_at else "the row" if path else ""
            wanted, found = _wanted(name, error), _show(error.instance)
            message = f"{where}{what or 'the file'} must be {wanted}, not {found}"
            yield Wrong(path, False, message)


def _misspelt(error: Any) -> list[Wrong]:
    if error.kind.name != "additionalProperties":
        return []
    path = tuple(error.instance_path)
    return [Wrong((*path, name), True, "") for name in error.kind.as_dict()["unexpected"]]


def _close(name: str | int, error: Any) -> str:
    return next(iter(difflib.get_close_matches(str(name), _known(error), n=1)), "")


def _in(path: Path, row_at: int) -> str:
    return f"{path[0]}: " if path and row_at else ""


def _wanted(name: str, error: Any) -> str:
    kind = error.kind.as_dict()
    match name:
        case "type":
            return _or([_TYPES[t] for t in kind["types"]])
        case "enum":
            return _or([_show(o) for o in kind["options"]])
        case "pattern" | "format":
            return str(_at(error)["x-allowed"])
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


def _show(value: Any) -> str:
    return "a mapping" if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)


def _or(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _known(error: Any) -> list[str]:
    return list(_at(error).get("properties", {}))


def _at(error: Any) -> dict[str, Any]:
    """The part of the schema that holds the keyword which failed."""
    return _follow(_schema(), tuple(error.schema_path)[:-1])  # type: ignore[no-any-return]


def _follow(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


@lru_cache(maxsize=8)
def _name_validator(pattern: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for({"pattern": pattern}, offline=True)


def _matches(pattern: str, name: str) -> bool:
    return bool(_name_validator(pattern).is_valid(name))
