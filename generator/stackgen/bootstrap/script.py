"""Scripts that can run again: each step creates what is missing, and changes nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.escape import comment, shell_word
from stackgen.manifest.shipped import shipped_text
from stackgen.record import record


@record
class Step:
    """One step of a script. why: a sentence for the reader. commands: lines of bash."""

    title: str
    why: str
    commands: tuple[str, ...]


def script(about: str, steps: Iterable[Step]) -> str:
    """The text of a script. about: what it does, on one line."""
    parts = [shipped_text(__file__, "scripts/head.sh").replace("{about}", comment(about))]
    for one in steps:
        lines = (f"step {shell_word(one.title)}", comment(one.why), *one.commands, "")
        parts.append("\n".join(lines))
    return "\n".join(parts)


def function(name: str) -> str:
    """A function of bash, which steps call by its name."""
    return shipped_text(__file__, f"scripts/{name}.sh").rstrip("\n")


def command(*words: str) -> str:
    """A command on one line, each word quoted."""
    return " ".join(shell_word(word) for word in words)


def unless(look: str, make: str) -> str:
    """`make` runs only while `look` fails. Both are commands as text."""
    return f"exists {look} ||\n  {make}"
