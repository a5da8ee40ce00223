"""The schemas of what commands print as JSON: `docs/*.schema.json`.

Each names its commands under `x-commands`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from stackgen import paths
from stackgen.errors import UsageError
from stackgen.reading import listing, read_text
from stackgen.spelling import did_you_mean
from stackgen.table import table

_SUFFIX = ".schema.json"


def commands() -> Mapping[str, tuple[str, ...]]:
    """The names of the schemas, with the commands whose output each describes."""
    names = [x.removesuffix(_SUFFIX) for x in listing(paths.outputs()) if x.endswith(_SUFFIX)]
    return {name: tuple(json.loads(read_text(file_of(name)))["x-commands"]) for name in names}


def file_of(name: str) -> str:
    """The file of a schema. Raises UsageError for a name that no schema has."""
    path = paths.outputs(f"{name}{_SUFFIX}")
    if os.sep in name or not os.path.isfile(path):
        names = [x.removesuffix(_SUFFIX) for x in listing(paths.outputs()) if x.endswith(_SUFFIX)]
        hint = did_you_mean(name, names) or "; `stackgen schemas output` lists them"
        raise UsageError(f"no schema of an output is called {name!r}{hint}")
    return path


def listed() -> list[str]:
    """A table of the schemas and their commands."""
    rows = [(name, ", ".join(of)) for name, of in commands().items()]
    return table(("NAME", "COMMANDS"), rows)
