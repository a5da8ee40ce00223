"""Numbers and lists as parts of a sentence."""

from __future__ import annotations

from collections.abc import Iterable


def counted(number: int, word: str) -> str:
    """`1 chip`, `4 chips`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def or_list(options: Iterable[object]) -> str:
    """`a, b or c`; nothing for none."""
    return _list(options, "or")


def and_list(options: Iterable[object]) -> str:
    """`a, b and c`; nothing for none."""
    return _list(options, "and")


def _list(options: Iterable[object], last: str) -> str:
    texts = [str(one) for one in options]
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}" if len(texts) > 1 else "".join(texts)


def few(names: Iterable[str], most: int = 3) -> str:
    """`a, b, c and 4 more`. A name counts once."""
    found = list(dict.fromkeys(names))
    more = len(found) - most
    return ", ".join(found[:most]) + (f" and {more} more" if more > 0 else "")
