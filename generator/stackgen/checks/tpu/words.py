"""Small pieces of messages."""

from __future__ import annotations

from collections.abc import Iterable


def or_list(options: Iterable[object]) -> str:
    """`a, b or c`."""
    texts = [str(o) for o in options]
    return " or ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def counted(number: int, one: str) -> str:
    """`1 chip`, `4 chips`."""
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
