"""Files that have the form of objects and are read by a program, not by a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped


def of_program(resource: Resource) -> str | None:
    """What is said of a file for a program; None for an object of a cluster."""
    group = resource.group or f"/{resource.version}"
    said = _of_programs()
    return said.get(group) or said.get(f"{resource.kind}.{group}")


@cache
def _of_programs() -> Mapping[str, str]:
    """What is said of files for programs, in the form of objects, by their group."""
    rows = shipped(__file__, "program_files.yaml")["groups"]
    return {group: row["said"] for row in rows for group in row["groups"]}
