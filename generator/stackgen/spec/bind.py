"""From merged data to the typed `Stack`. Only called on data that the schema accepts."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

from stackgen.manifest.document import Path, show_path
from stackgen.manifest.secret_values import HIDDEN
from stackgen.origin import Origin, Traced, shown, spec_origin
from stackgen.spec.fields import NO_DEFAULT
from stackgen.spec.load import Loaded
from stackgen.spec.model import Stack
from stackgen.spec.schema import key_of


def bind(loaded: Loaded) -> Stack:
    """The typed spec; every leaf remembers its line or that it is a default."""
    stack = _object(Stack, loaded.data, (), loaded)
    assert isinstance(stack, Stack)
    return stack


def _object(model: Any, data: dict[str, Any], path: Path, loaded: Loaded) -> Any:
    values = {}
    for field in dataclasses.fields(model):
        key = key_of(field)
        here = (*path, key)
        default = field.metadata["default"]
        if key in data:
            values[field.name] = _value(field.type, data[key], here, loaded)
        elif default is NO_DEFAULT:
            raise KeyError(show_path(here))
        else:
            values[field.name] = _default(field.type, default, here, loaded, field.metadata)
    return model(**values)


def _value(annotation: Any, data: Any, path: Path, loaded: Loaded) -> Any:
    origin = typing.get_origin(annotation)
    if origin is tuple:
        inner = typing.get_args(annotation)[0]
        return tuple(_value(inner, item, (*path, i), loaded) for i, item in enumerate(data))
    if origin is Traced:
        return traced(data, path, loaded)
    return _object(annotation, data, path, loaded)


def traced(data: Any, path: Path, loaded: Loaded) -> Traced[Any]:
    """The value at `path` with the line that says it; containers hold traced leaves."""
    if isinstance(data, dict):
        tree: Any = {k: traced(v, (*path, k), loaded) for k, v in data.items()}
    elif isinstance(data, list):
        tree = [traced(v, (*path, i), loaded) for i, v in enumerate(data)]
    else:
        tree = data
    node = loaded.node(path)
    shown = HIDDEN if path in loaded.secrets else data
    return Traced(
        tree, spec_origin(path, node.source.name, node.mark.line, node.mark.column, shown)
    )


def _default(annotation: Any, default: Any, path: Path, loaded: Loaded, metadata: Any) -> Any:
    origin = typing.get_origin(annotation)
    if origin is tuple:
        return ()
    if origin is Traced:
        why = metadata["bounds"].get("why", "") or "default"
        return Traced(
            default, Origin("default", show_path(path), why, path=path, value=shown(default))
        )
    return _object(annotation, {}, path, loaded)
