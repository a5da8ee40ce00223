"""Containers as a Pod spec has them: where each stands, its words, and its variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.facts.shape import as_list, maps, text
from stackgen.manifest.document import Path


def containers(spec: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Init containers, then containers, each with its path in the Pod spec."""
    for section in ("initContainers", "containers"):
        for i, container in maps(spec.get(section)):
            yield (section, i), container


def words(container: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The words of `command`, then those of `args`, each with its path in the container."""
    for field in ("command", "args"):
        for i, word in enumerate(as_list(container.get(field))):
            if isinstance(word, str):
                yield (field, i), word


def environment(container: Mapping[str, Any]) -> dict[str, str]:
    """The variables with a value of their own, by name. $(NAMESPACE) of a field is none."""
    return {
        text(entry.get("name")): entry["value"]
        for _, entry in maps(container.get("env"))
        if isinstance(entry.get("value"), str)
    }


def texts(spec: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The values of variables and the words of all containers, with their paths in the spec."""
    for path, container in containers(spec):
        for i, entry in maps(container.get("env")):
            if isinstance(entry.get("value"), str):
                yield (*path, "env", i, "value"), entry["value"]
        for inner, word in words(container):
            yield (*path, *inner), word
