"""The options and environment variables of inference engines, by version.

One JSON file for each engine in `engines/`, written by `tools/engines/write.py` from the packages
of the engine. By name it has a list of `[kind, first version, last version]`. A kind is `switch`
(--x and --no-x), `flag` (--x alone), `int`, `size` (1k is an integer), `size-or-auto`, `float`,
`json`, `bool`, `text`, `any` (not known), or choices as `=a|b` (`~a|b` in any case). `+` after it
stands for one value or more, `?` for one or none.

`replaced` and `rules` are written by hand. `replaced` says what to write for an option that is no
longer there. `rules` are conditions between options: `[option, relation, other, first version]`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen import paths
from stackgen.catalog.ranges import Ranges, Versions
from stackgen.reading import read_text
from stackgen.record import record

FOLDER = "engines"
# The names of the engines, for messages.
NAMES: Mapping[str, str] = {"vllm": "vLLM", "vllm-tpu": "vLLM for TPU", "sglang": "SGLang"}


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
