"""What an EndpointPickerConfig sets, wherever an object holds one: as an object, or in a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import as_dict
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse

KIND = "EndpointPickerConfig"
_FLAG = "--config-text="


def settings(resource: Resource, path: Path) -> Iterator[tuple[str, Path, bool]]:
    """The settings of the configuration whose kind is at `path`, each with its place in the object.

    A field is named by its path without positions, `plugins.type`; a text of a field with the text,
    `plugins.type=queue-scorer`; a parameter with the type of its plugin, `queue-scorer.threshold`.
    The last of the three says whether the place is a key. One in a text has the place of the text.
    """
    value = resource.get(*path)
    if value == KIND and path[-1] == "kind":
        base = path[:-1]
        for name, at in _named(as_dict(resource.get(*base)), "", ()):
            yield name, (*base, *at), "=" not in name
    elif isinstance(value, str):
        for document in parse(value.removeprefix(_FLAG), KIND):
            data = as_dict(document.data)
            if data.get("kind") == KIND and not any(p.fatal for p in document.problems):
                yield from ((name, path, False) for name, _ in _named(data, "", ()))


def _named(value: Any, name: str, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _named(item, name, (*path, i))
    elif isinstance(value, dict):
        for key, inner in value.items():
            here, at = (f"{name}.{key}" if name else str(key)), (*path, key)
            yield here, at
            if here == "plugins.parameters":
                kind = value.get("type")
                yield from ((f"{kind}.{one}", (*at, one)) for one in as_dict(inner))
            else:
                yield from _named(inner, here, at)
    elif isinstance(value, str):
        yield f"{name}={value}", path
