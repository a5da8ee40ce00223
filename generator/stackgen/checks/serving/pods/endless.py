"""Scripts of containers whose last command only waits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from stackgen.facts.command_line import SHELLS
from stackgen.facts.containers import words
from stackgen.manifest.document import Path
from stackgen.regex import regex

_WAITS = regex(
    r"(?:\A|[;\n]|&&|(?<!&)&(?!&))[ \t]*(?:exec )?(?:/(?:usr/)?bin/)?"
    r"(?:sleep (?:inf(?:inity)?|\d{4,}|\d+[hd])|tail -[fF] /dev/null)[;\s]*\Z"
)
# A command that goes on while the next one runs.
_BACKGROUND = regex(r"(?<![&>|\d<])&(?![&>|\d])")
_COMMENT = regex(r"(?m)(?:^|(?<=\s))#[^\n]*$")


def waiting(container: Mapping[str, Any]) -> tuple[Path, str] | None:
    """The script of a container that ends with a command which only waits, and where it stands."""
    said = list(words(container)) if container.get("command") else []
    if not said:
        return None
    path, script = said[-1]
    if os.path.basename(said[0][1]) not in SHELLS:
        path, script = said[0][0], " ".join(word for _, word in said)
    script = _COMMENT.sub("", script)
    return (path, script) if _WAITS.search(script) else None


def in_background(script: str) -> list[str]:
    """The commands that a script starts and does not wait for."""
    parts = _BACKGROUND.split(script.replace("\\\n", " "))
    return [part.replace("&&", ";").replace("\n", ";").split(";")[-1] for part in parts[:-1]]
