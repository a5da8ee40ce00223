"""The part of a schema that decides about one object.

To compile the schema of a large kind takes a hundred times as long as to apply it, and an object
has few of the fields that it may have.
"""

from __future__ import annotations

from typing import Any

_DEFINITION = "#/$defs/"


def part(schema: dict[str, Any], data: Any) -> dict[str, Any]:
    """A schema under which `data` is valid if, and only if, it is valid under `schema`.

    It has no properties that `data` does not have.
    """
    made = _Part(schema.get("$defs", {}))
    found: dict[str, Any] = made.of(
        {word: x for word, x in schema.items() if word != "$defs"}, [data]
    )
    return found | {"$defs": made.definitions} if made.refers else found


class _Part:
    """refers: whether what was taken over as it is refers to a definition."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self.definitions = definitions
        self.refers = False

    def of(self, node: Any, values: list[Any]) -> Any:
        """The part of `node` for all values that it is about."""
        if not isinstance(node, dict):  # true or false
            return node
        if node.keys() == {"$ref"} and node["$ref"].removeprefix(_DEFINITION) in self.definitions:
            return self.of(self.definitions[node["$ref"].removeprefix(_DEFINITION)], values)
        maps = [value for value in values if isinstance(value, dict)]
        named = node.get("properties", {})
        found: dict[str, Any] = {}
        for word, inner in node.items():
            if word == "properties":
                names = dict.fromkeys(name for one in maps for name in one if name in named)
                found[word] = {
                    name: self.of(named[name], [one[name] for one in maps if name in one])
                    for name in names
                }
            elif word == "additionalProperties" and isinstance(inner, dict):
                free = [x for one in maps for name, x in one.items() if name not in named]
                found[word] = self.of(inner, free)
            elif word == "items" and isinstance(inner, dict):
                lists = (value for value in values if isinstance(value, list))
                found[word] = self.of(inner, [x for one in lists for x in one])
            else:
                self.refers = self.refers or _refers(word, inner)
                found[word] = inner
        return found


def _refers(word: str, value: Any) -> bool:
    if word == "$ref":
        return True
    if isinstance(value, dict):
        return any(_refers(name, inner) for name, inner in value.items())
    return isinstance(value, list) and any(_refers("", inner) for inner in value)
