"""The flags, plugins and configuration of endpoint pickers, by version.

One JSON file for each picker in `picker_programs/`, written by `tools/pickers/write.py` from the
source of the picker. The kind of a plugin is the list of its parameters, `a|b`, or `*` where they
are not known. `fields` are the fields of an EndpointPickerConfig, joined by dots. Versions before
1.0 of the picker of the Gateway API Inference Extension have no plugins in the file: their registry
has another form.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from stackgen import paths
from stackgen.catalog.engines import Ranges, Versions
from stackgen.reading import read_text
from stackgen.record import record

FOLDER = "picker_programs"
NAMES = ("epp", "llm-d")


@record
class PickerProgram:
    """What is known of a picker. strict_from: the version that rejects unknown parameters."""

    name: str
    versions: Versions
    options: Ranges
    plugins: Ranges
    gates: Ranges
    fields: Ranges
    strict_from: str

    def strict(self, version: str) -> bool:
        """Whether plugins of this version reject parameters that they do not have."""
        return bool(self.strict_from) and self.versions.since(version, self.strict_from)


@cache
def picker_program(name: str) -> PickerProgram:
    """The file of a picker of NAMES. Read at the first request."""
    data: dict[str, Any] = json.loads(read_text(paths.catalog(FOLDER, f"{name}.json")))
    return PickerProgram(
        name,
        Versions(tuple(data["versions"])),
        data["options"],
        data["plugins"],
        data["gates"],
        data["fields"],
        data["strict_from"],
    )
