"""How a report looks: width and color."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal, TextIO

from stackgen.record import record
from stackgen.table import WIDTH

Ink = Literal["error", "warning", "info", "bold", "frame", "note", "add", "remove"]

WIDEST = 100

_CODES: dict[str, str] = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "bold": "1",
    "frame": "1;34",
    "note": "36",
    "add": "32",
    "remove": "31",
}


@record
class Style:
    """color: send colours. width: columns to stay within."""

    color: bool = False
    width: int = WIDTH

    def paint(self, ink: Ink, text: str) -> str:
        """`text` in the colour of `ink`, or as it is."""
        return f"\x1b[{_CODES[ink]}m{text}\x1b[0m" if self.color and text else text


def style_for(stream: TextIO, when: str, environment: Mapping[str, str]) -> Style:
    """The style for `stream`. `when` is always, never or auto.

    auto: NO_COLOR turns colour off, FORCE_COLOR on, otherwise a terminal gets it.
    """
    terminal = stream is not None and stream.isatty()
    width = WIDTH
    if terminal:
        try:
            width = max(WIDTH, min(WIDEST, os.get_terminal_size(stream.fileno()).columns))
        except OSError:
            width = WIDTH
    return Style(_wants_color(terminal, when, environment), width)


def _wants_color(terminal: bool, when: str, environment: Mapping[str, str]) -> bool:
    if when != "auto":
        return when == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return environment["FORCE_COLOR"] != "0"
    return terminal and environment.get("TERM") != "dumb"
