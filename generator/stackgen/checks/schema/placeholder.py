"""A value that is filled in later cannot be judged now."""

from __future__ import annotations

import re

VARIABLE = re.compile(r"\$\{[A-Za-z_]\w*(?::?[-=+?][^}]*)?\}|\A\$[A-Za-z_]\w*\Z")


def variable(value: object) -> str:
    """The variable in `value`; empty when it has none."""
    found = VARIABLE.search(value) if isinstance(value, str) else None
    return found[0] if found else ""
