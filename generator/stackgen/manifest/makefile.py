"""Makefiles as shell scripts: the same lines, as far as a shell would run them."""

from __future__ import annotations

import re

from stackgen.regex import regex

SUFFIXES = ("Makefile", "makefile", ".mk")
_ASSIGNED = regex(r"(?:export[ \t]+)?(\w+)[ \t]*(?:\?=|::?=|=)[ \t]*([^#\n]*)")
_VARIABLE = regex(r"\$\((\w+)\)")
_PREFIX = regex(r"\A(\t[ \t]*)[@+-]+")


def as_script(text: str) -> str:
    """Recipes as commands, variables as assignments; everything else is a comment.

    A variable that the caller may set has its default.
    """
    lines = []
    more = recipe = False  # the line continues one that is no recipe, or a recipe
    for line in text.split("\n"):
        if recipe or (line.startswith("\t") and not more):
            lines.append(_expanded(line if recipe else _PREFIX.sub(_spaced, line)))
            recipe = line.endswith("\\")
            continue
        assigned = None if more else _ASSIGNED.match(line)
        more = line.endswith("\\")
        value = _expanded(assigned[2]).strip() if assigned is not None else ""
        if assigned is None or more or not value or re.search(r"[\"'`]|\$\(", value):
            lines.append("#" + line)
        else:
            lines.append(f'{assigned[1]}="{value}"')
    return "\n".join(lines)


def _spaced(prefix: re.Match[str]) -> str:
    """What make reads before a command, as spaces."""
    return prefix[1].ljust(len(prefix[0]))


def _expanded(text: str) -> str:
    return _VARIABLE.sub(r"${\1}", text.replace("$(shell ", "$(")).replace("$$", "$")
