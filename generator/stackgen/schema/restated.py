"""Our restatements of the cross-field rules of known APIs: `schemas/rules.yaml`.

Each entry says which rules it stands for by fingerprint, so a rule is recognised wherever a
definition uses it, in any release.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from stackgen import paths
from stackgen.reading import read_bytes


@lru_cache(maxsize=1)
def load() -> dict[str, list[dict[str, Any]]]:
    """Our rules by the fingerprint of the CEL text they stand for; an empty list holds always."""
    import yaml

    path = paths.schemas("rules.yaml")
    if not os.path.exists(path):
        return {}
    entries = yaml.safe_load(read_bytes(path)) or []
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        for key in entry["for"]:
            found[str(key)] = entry["rules"]
    return found
