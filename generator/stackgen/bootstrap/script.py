"""Scripts that can run again: each step creates what is missing, and changes nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.escape import comment, shell_word
from stackgen.record import record

HEAD = """\
#!/usr/bin/env bash
{about}
# Written by `stackgen bootstrap`. It can run again: it creates what is missing.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\\n== %s\\n' "$1"; }

stop() { printf '%s\\n' "$@" >&2; exit 1; }

exists() { "$@" >/dev/null 2>&1; } # command: whether it succeeds

until_ok() { # seconds, command: repeats the command until it succeeds
  local left=$1
  shift
  until "$@"; do
    [ "$left" -gt 0 ] || stop "timed out: $*"
    left=$((left - 10))
    sleep 10
  done
}
"""


@record
class Step:
    """One step of a script. why: a sentence for the reader. commands: lines of bash."""

    title: str
    why: str
    commands: tuple[str, ...]


def script(about: str, steps: Iterable[Step]) -> str:
    """The text of a script. about: what it does, on one line."""
    parts = [HEAD.replace("{about}", comment(about))]
    for one in steps:
        lines = (f"step {shell_word(one.title)}", comment(one.why), *one.commands, "")
        parts.append("\n".join(lines))
    return "\n".join(parts)


def command(*words: str) -> str:
    """A command on one line, each word quoted."""
    return " ".join(shell_word(word) for word in words)


def unless(look: str, make: str) -> str:
    """`make` runs only while `look` fails. Both are commands as text."""
    return f"exists {look} ||\n  {make}"
