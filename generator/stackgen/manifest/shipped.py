"""The data files of stackgen itself, each beside the module that reads it.

A module of its own, because a YAML reader takes long to import: only a module that needs a row
imports it, and not those that may need one.
"""

from __future__ import annotations

import os
from typing import Any

from stackgen.reading import read_text


def shipped(module: str, name: str) -> Any:
    """The data of the file `name` beside `module`, the `__file__` of its reader."""
    from stackgen.manifest.yaml_in import parse

    file = os.path.join(os.path.dirname(os.path.abspath(module)), name)
    # The file is ours: no value in it is a secret that must be hidden from now on.
    (document,) = parse(read_text(file), name, learning=False)
    assert not document.problems, document.problems
    return document.data
