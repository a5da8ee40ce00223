"""The index of the rules' pages, made when the wheel is built."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TARGET = "stackgen/_data/rules/index.json"


class RuleIndexHook(BuildHookInterface):
    """Adds the index to the wheel; an editable install reads the pages themselves."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the index and have it packed beside the pages."""
        if version == "editable":
            return
        sys.path.insert(0, os.path.join(self.root, "generator"))
        from stackgen.findings.rules import from_pages, to_index

        self.folder = tempfile.TemporaryDirectory()
        index = os.path.join(self.folder.name, "index.json")
        with open(index, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(to_index(from_pages(os.path.join(self.root, "docs", "rules"))))
        build_data["force_include"][index] = TARGET
