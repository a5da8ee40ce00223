"""The LoRA adapters that a server is told to load."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stackgen.facts.command_line import CommandLine
from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record

FLAG = "lora-modules"


@record
class Module:
    """An adapter. name: of its requests. where: its path, id on Hugging Face or URI."""

    name: str
    where: str
    path: Path


def modules(line: CommandLine) -> Iterator[Module]:
    """Those of `--lora-modules`, written as NAME=PATH or as JSON."""
    for flag in line.several(FLAG):
        value = (flag.value or "").strip("'\"") if flag.value else ""
        if value.startswith("{"):
            try:
                told = as_dict(json.loads(value))
            except (ValueError, RecursionError):
                continue
            yield Module(text(told.get("name")), text(told.get("path")), flag.path)
        elif "=" in value and "," not in value:
            name, _, where = value.partition("=")
            yield Module(name, where, flag.path)


def listed(resource: Resource) -> Iterator[Module]:
    """Those that a service names beside its model, for a platform that loads them."""
    field: Path = ("spec", "model", "lora", "adapters")
    for i, item in maps(resource.get(*field)):
        yield Module(text(item.get("name")), text(item.get("uri")), (*field, i))
