"""The data files of stackgen itself, each beside the module that reads it.

A module of its own, because a YAML reader takes long to import: only a module that needs a row
imports it, and not those that may need one.
"""

from __future__ import annotations

import os
from typing import Any

from stackgen.derived import derived
from stackgen.reading import read_text


class ShippedFileError(ValueError):
    """A data file of stackgen that cannot be read: a fault of the installation."""


_HERE = os.path.dirname(os.path.abspath(__file__))
_READERS = tuple(os.path.join(_HERE, f"{name}.py") for name in ("shipped", "yaml_in", "scalars"))


def shipped(module: str, name: str) -> Any:
    """The data of the file `name` beside `module`, the `__file__` of its reader."""
    return shipped_file(os.path.join(os.path.dirname(os.path.abspath(module)), name))


def shipped_text(module: str, name: str) -> str:
    """The text of the file `name` beside `module`: a script, a style or a template."""
    return read_text(os.path.join(os.path.dirname(os.path.abspath(module)), name))


def shipped_file(file: str) -> Any:
    """The data of the file at the path `file`. Raises ShippedFileError."""
    return derived(file, (file, *_READERS), lambda: parsed(read_text(file), file))


def parsed(text: str, file: str) -> Any:
    """The data of a file of stackgen with this text. Raises ShippedFileError."""
    from stackgen.manifest.yaml_in import parse

    # The file is ours: no value in it is a secret that must be hidden from now on.
    documents = parse(text, file, learning=False)
    if len(documents) != 1 or documents[0].problems:
        why = "; ".join(p.message for d in documents for p in d.problems) or "not one document"
        raise ShippedFileError(f"the built-in file {file} cannot be read: {why}")
    return documents[0].data
