"""Where the data files live: the one module that knows.

In a wheel they are packed under `stackgen/_data`; in a checkout (editable install) they are
the top-level folders of the repository.
"""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_PACKED = os.path.join(_PACKAGE, "_data")
_ROOT = _PACKED if os.path.isdir(_PACKED) else os.path.dirname(os.path.dirname(_PACKAGE))


def schemas(*parts: str) -> str:
    """A file or folder below `schemas/`."""
    return os.path.join(_ROOT, "schemas", *parts)


def policies(*parts: str) -> str:
    """A file or folder below `policies/`."""
    return os.path.join(_ROOT, "policies", *parts)


def rules(*parts: str) -> str:
    """A page of a rule, or the folder of them; in a wheel there is only their index."""
    above = () if _ROOT == _PACKED else ("docs",)
    return os.path.join(_ROOT, *above, "rules", *parts)


def runbooks(*parts: str) -> str:
    """A runbook, or the folder of them."""
    above = () if _ROOT == _PACKED else ("docs",)
    return os.path.join(_ROOT, *above, "runbooks", *parts)


def outputs(*parts: str) -> str:
    """A schema of what commands print as JSON, or the folder of them."""
    return os.path.join(_ROOT, "outputs" if _ROOT == _PACKED else "docs", *parts)


def catalog(*parts: str) -> str:
    """A file or folder of the built-in catalog."""
    return os.path.join(_PACKAGE, "catalog", *parts)


def patterns(*parts: str) -> str:
    """A file or folder of the patterns that `stackgen init` starts from."""
    return os.path.join(_PACKAGE, "patterns", *parts)


def starter(*parts: str) -> str:
    """A file that `stackgen init` writes beside a pattern."""
    return os.path.join(_PACKAGE, "starter", "files", *parts)
