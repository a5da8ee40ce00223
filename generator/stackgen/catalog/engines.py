"""The options and environment variables of inference engines, by version.

One JSON file for each engine in `engines/`, written by `tools/engines/write.py` from the packages
of the engine, or by `from_clone.py` from its source. By name it has a list of
`[kind, first version, last version]`. A kind is `switch` (--x and --no-x), `flag` (--x alone),
`int`, `size` (1k is an integer), `size-or-auto`, `float`, `json`, `bool`, `text`, `any` (not
known), or choices as `=a|b` (`~a|b` in any case). `+` after it stands for one value or more, `?`
for one or none.

`replaced` and `rules` are written by hand. `replaced` says what to write for an option that is no
longer there. `rules` are conditions between options: `[option, relation, other, first version]`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

from stackgen import paths
from stackgen.reading import read_text
from stackgen.record import record

# Names by version: the form in which `tools/` writes what programs of others have.
#
# By name there is a list of `[kind, first version, last version]`.

Ranges = Mapping[str, list[list[str]]]


@record
class Versions:
    """The versions that are known, ascending."""

    known: tuple[str, ...]

    @cached_property
    def _number(self) -> Mapping[str, int]:
        return {version: number for number, version in enumerate(self.known)}

    @cached_property
    def _kinds(self) -> dict[tuple[int, int], tuple[Ranges, dict[str, str]]]:
        return {}

    @property
    def span(self) -> str:
        """The first and the last, for messages."""
        return f"{self.known[0]} to {self.known[-1]}"

    def at(self, version: str, names: Ranges) -> dict[str, str]:
        """The kind of each of `names` in a version that is known. Not to be changed."""
        wanted = self._number[version]
        key = (wanted, id(names))
        if key not in self._kinds:
            found = {
                name: kind
                for name, ranges in names.items()
                for kind, first, last in ranges
                if self._number[first] <= wanted <= self._number[last]
            }
            self._kinds[key] = (names, found)  # as long as they are here, so is their id
        return self._kinds[key][1]

    def since(self, version: str, first: str) -> bool:
        """Whether a version that is known is `first` or a later one."""
        return self.known.index(version) >= self.known.index(first)

    def elsewhere(self, name: str, version: str, names: Ranges) -> str:
        """Which other versions have the name: a clause for a message; "" for none."""
        ranges = names.get(name, [])
        wanted = self.known.index(version)
        before = [last for _, _, last in ranges if self.known.index(last) < wanted]
        after = [first for _, first, _ in ranges if self.known.index(first) > wanted]
        if before:
            return f"the last version with it is {before[-1]}"
        return f"the first version with it is {after[0]}" if after else ""

    def came_later(self, name: str, version: str, names: Ranges) -> bool:
        """Whether only later versions have the name."""
        wanted = self.known.index(version)
        ranges = names.get(name, [])
        return bool(ranges) and all(self.known.index(r[1]) > wanted for r in ranges)


FOLDER = "engines"
# The names of the engines, for messages.
NAMES: Mapping[str, str] = {
    "vllm": "vLLM", "vllm-tpu": "vLLM for TPU", "sglang": "SGLang",
    "tei": "Text Embeddings Inference", "tgi": "Text Generation Inference", "ollama": "Ollama",
}  # fmt: skip
# Engines whose parser takes the beginning of an option for the option. The others are no Python.
_PREFIXES = ("vllm", "vllm-tpu", "sglang")


@record
class Engine:
    """What is known of an engine. replaced, rules: see the module."""

    name: str
    versions: Versions
    options: Ranges
    variables: Ranges
    replaced: Mapping[str, str]
    rules: tuple[tuple[str, str, str, str], ...]

    @property
    def span(self) -> str:
        """The versions that are known, for messages."""
        return self.versions.span

    @property
    def abbreviates(self) -> bool:
        """Whether the parser accepts the beginning of an option."""
        return self.name in _PREFIXES

    @property
    def shown(self) -> str:
        """The name as its project writes it."""
        return NAMES[self.name]


@cache
def engine(name: str) -> Engine:
    """The file of an engine of NAMES. Read at the first request."""
    path = paths.catalog(FOLDER, f"{name}.json")
    data: dict[str, Any] = json.loads(read_text(path))
    return Engine(
        name,
        Versions(tuple(data["versions"])),
        data["options"],
        data["variables"],
        data["replaced"],
        tuple(tuple(rule) for rule in data.get("rules", ())),
    )


@cache
def _variables() -> Mapping[str, frozenset[str]]:
    """By backend, the variables of the device that nothing in an image with it reads.

    `tools/engines/platform_variables.py` writes the file.
    """
    data: dict[str, Any] = json.loads(read_text(paths.catalog(FOLDER, "platform-variables.json")))
    names = frozenset(data["names"])
    return {name: names - frozenset(one["read"]) for name, one in data["backends"].items()}


def unread_variables(backend: str) -> frozenset[str]:
    """The variables that a backend does not read; none of a backend that is not known."""
    return _variables().get(backend, frozenset())


def sometimes_unread() -> frozenset[str]:
    """The variables that some backend does not read."""
    return frozenset().union(*_variables().values())
