"""Templates of HTML pages: Jinja2 with automatic escaping.

Each value of a template is text, also in an attribute: characters that cannot be seen are written
as escapes, and what looks like a credential as stars. What is HTML already has the filter `safe`.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from stackgen.escape import prose_parts, visible, xml_text
from stackgen.reading import read_text

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = os.path.join(os.path.dirname(__file__), "templates")


@cache
def environment() -> Environment:
    """The templates, with automatic escaping."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_shown,
    )  # fmt: skip
    made.filters |= {"prose": _prose, "breaks": _breaks}
    return made


def _shown(value: Any) -> Any:
    """A value as it is shown; what is HTML already stays."""
    return visible(value) if type(value) is str else value


def _prose(text: str) -> str:
    """A sentence in which code is marked by backticks, as HTML."""
    parts = (
        f"<code>{xml_text(visible(part))}</code>" if code else xml_text(visible(part))
        for part, code in prose_parts(text)
    )
    return "".join(parts)


def _breaks(text: str) -> str:
    """A long name, which may be broken behind its punctuation, as HTML."""
    parts = re.findall(r"[^-./:_]*[-./:_]*", visible(text))
    return "<wbr>".join(xml_text(part) for part in parts if part)


def template_text(name: str) -> str:
    """A file beside the templates."""
    return read_text(os.path.join(_FOLDER, name))
