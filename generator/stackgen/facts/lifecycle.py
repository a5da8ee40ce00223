"""How a container ends: the seconds that its preStop hook sleeps."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from stackgen.facts import command_line
from stackgen.facts.shape import as_list, at, number, text

# Without the field, Kubernetes waits so long. Source: Pod v1 API reference, Kubernetes 1.36.
DEFAULT_GRACE = 30
_SLEEP = re.compile(r"\s*(?:exec\s+)?(?:/(?:usr/)?bin/)?sleep\s+(\d+)s?\s*")


def pre_stop_seconds(container: Mapping[str, Any]) -> int:
    """The seconds that a preStop hook sleeps, if that is all it does; else 0."""
    hook = at(container, "lifecycle", "preStop")
    seconds = number(at(hook, "sleep", "seconds"))
    words = [w for w in as_list(at(hook, "exec", "command")) if isinstance(w, str)]
    script = words[-1] if len(words) > 1 and _shell(words[0]) else " ".join(words)
    found = _SLEEP.fullmatch(script)
    return seconds if seconds is not None else int(found[1]) if found else 0


def _shell(word: str) -> bool:
    return os.path.basename(text(word)) in command_line.SHELLS
