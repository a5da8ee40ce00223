"""vLLM flags that the user typed: `--name=value`, the last one counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from stackgen.digits import to_int
from stackgen.origin import Traced

T = TypeVar("T")


def typed(args: Iterable[Traced[str]], name: str) -> Traced[str] | None:
    """The value of the flag `name`, or None; dashes and underscores are the same to vLLM."""
    found = None
    for arg in args:
        flag, equals, _ = arg.value.partition("=")
        if equals and flag.replace("_", "-") == name:
            found = replace(arg, value=arg.value.partition("=")[2])
    return found


def number(args: Iterable[Traced[str]], name: str) -> Traced[int] | None:
    """The whole number, 1 or more, that the flag gives; None for anything else."""
    return _read(typed(args, name), _whole)


def share(args: Iterable[Traced[str]], name: str) -> Traced[float] | None:
    """The number above 0 and up to 1 that the flag gives; None for anything else."""
    return _read(typed(args, name), _part)


def _read(text: Traced[str] | None, read: Callable[[str], T | None]) -> Traced[T] | None:
    """What the user typed, read; its origin is the line of the spec, as it is typed."""
    value = read(text.value) if text is not None else None
    return None if text is None or value is None else Traced(value, text.origin)


def _whole(text: str) -> int | None:
    return to_int(text) if text.isascii() and text.isdigit() and to_int(text) > 0 else None


def _part(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value <= 1 else None
