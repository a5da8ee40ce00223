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


# Terminals that make links clickable (OSC 8), by a variable that they set.
_LINKING = {
    "TERM_PROGRAM": ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio"),
    "TERM": ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "foot-extra", "contour"),
    "KONSOLE_VERSION": (),
    "WT_SESSION": (),
}
_VTE = 5000  # the version of VTE, of GNOME's terminals, from which on links work


@record
class Style:
    """color: send colors. width: columns to stay within. links: how to write a link to a file,
    with {path}, {line} and {column}; empty for no links. root: the folder of relative paths.
    quiet: without the summary.
    """

    color: bool = False
    width: int = WIDTH
    links: str = ""
    root: str = ""
    quiet: bool = False

    def paint(self, ink: Ink, text: str) -> str:
        """`text` in the color of `ink`, or as it is."""
        return f"\x1b[{_CODES[ink]}m{text}\x1b[0m" if self.color and text else text

    def link(self, text: str, file: str, line: int = 1, column: int = 1) -> str:
        """`text` as a link to a place in a file, or as it is."""
        path = os.path.abspath(os.path.join(self.root, file)) if self.links else ""
        if not path or not os.path.isfile(path):
            return text
        from urllib.parse import quote

        url = self.links.format(path=quote(path), line=line, column=column)
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"


def style_for(stream: TextIO, when: str, environment: Mapping[str, str]) -> Style:
    """The style for `stream`. `when` is always, never or auto.

    auto: NO_COLOR turns color off, FORCE_COLOR on, otherwise a terminal gets it.
    """
    terminal = stream is not None and stream.isatty()
    width = WIDTH
    if terminal:
        try:
            width = max(WIDTH, min(WIDEST, os.get_terminal_size(stream.fileno()).columns))
        except OSError:
            width = WIDTH
    color = _wants_color(terminal, when, environment)
    return Style(color, width, _links(terminal and color, environment))


def _links(possible: bool, environment: Mapping[str, str]) -> str:
    """How to write links, where the terminal is known to support them."""
    forced = environment.get("FORCE_HYPERLINK", "")
    known = any(
        name in environment and (not values or environment[name] in values)
        for name, values in _LINKING.items()
    )
    version = environment.get("VTE_VERSION", "")
    known = known or (version.isdecimal() and int(version) >= _VTE)
    if forced == "0" or not (forced or (possible and known)):
        return ""
    if environment.get("TERM_PROGRAM") == "vscode":
        return "vscode://file{path}:{line}:{column}"
    return f"file://{os.uname().nodename}{{path}}"


def _wants_color(terminal: bool, when: str, environment: Mapping[str, str]) -> bool:
    if when != "auto":
        return when == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return environment["FORCE_COLOR"] != "0"
    return terminal and environment.get("TERM") != "dumb"
