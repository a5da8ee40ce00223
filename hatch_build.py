"""Data of the wheel: the index of the rules' pages, data files as JSON, schemas of outputs."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = os.path.join("generator", "stackgen")
OUTPUT = ".schema.json"  # of what commands print
# Files for users, which are copied and not read as data.
COPIED = ("patterns", "starter")


class DerivedDataHook(BuildHookInterface):
    """Adds the derived data to the wheel; an editable install derives it on first use."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the data and have it packed."""
        if version == "editable":
            return
        sys.path.insert(0, os.path.join(self.root, "generator"))
        self.folder = tempfile.TemporaryDirectory()
        for number, (target, data) in enumerate(_derived(self.root)):
            file = os.path.join(self.folder.name, f"{number}.json")
            with open(file, "w", encoding="utf-8", newline="\n") as stream:
                json.dump(data, stream, ensure_ascii=False, indent=0)
            build_data["force_include"][file] = target
        for page in sorted(os.listdir(os.path.join(self.root, "docs"))):
            if page.endswith(OUTPUT):
                source = os.path.join(self.root, "docs", page)
                build_data["force_include"][source] = f"stackgen/_data/outputs/{page}"


def _derived(root: str) -> Iterator[tuple[str, Any]]:
    """The name of each file in the wheel, and its data."""
    from stackgen.findings.rules import from_pages, to_index
    from stackgen.manifest.shipped import parsed

    yield "stackgen/_data/rules/index.json", to_index(from_pages(f"{root}/docs/rules"))
    top = os.path.join(root, PACKAGE)
    for folder, inner, names in os.walk(top):
        inner[:] = sorted(name for name in inner if name not in COPIED)
        for name in sorted(names):
            if name.endswith(".yaml"):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as stream:
                    data = parsed(stream.read(), name)
                yield f"stackgen/{os.path.relpath(path, top).replace(os.sep, '/')}.json", data
