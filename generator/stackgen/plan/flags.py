"""vLLM flags that the user typed: `--name=value`, the last one counts."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.origin import Traced


def typed(args: Iterable[Traced[str]], name: str) -> Traced[str] | None:
    """The value of the flag `name`, or None; dashes and underscores are the same to vLLM."""
    found = None
    for arg in args:
        flag, equals, value = arg.value.partition("=")
        if equals and flag.replace("_", "-") == name:
            found = Traced(value, arg.origin)
    return found


def number(args: Iterable[Traced[str]], name: str) -> Traced[int] | None:
    """The whole number, 1 or more, that the flag gives; None for anything else."""
    text = typed(args, name)
    if text is None or not (text.value.isascii() and text.value.isdigit()) or int(text.value) < 1:
        return None
    return Traced(int(text.value), text.origin)


def share(args: Iterable[Traced[str]], name: str) -> Traced[float] | None:
    """The number above 0 and up to 1 that the flag gives; None for anything else."""
    text = typed(args, name)
    if text is None:
        return None
    try:
        value = float(text.value)
    except ValueError:
        return None
    return Traced(value, text.origin) if 0 < value <= 1 else None
