"""The models that requests of a script ask for."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.manifest.document import Mark
from stackgen.regex import regex

# A script that sends requests of the OpenAI API.
_SENDS = regex(r"\bcurl\b")
_API = regex(r"/v1/(?:chat/)?completions\b|/v1/embeddings\b")
# The model in the body of a request, whose quotes a string in double quotes escapes.
_MODEL = regex(r"""\\?"model\\?"\s*:\s*\\?"([^"\\\s$]+)\\?\"""")


def models_asked(text: str) -> Iterator[tuple[str, Mark]]:
    """Each name that is written out, with its place."""
    if not _SENDS.search(text) or not _API.search(text):
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#") or "model" not in line:
            continue
        for found in _MODEL.finditer(line):
            yield found[1], Mark(number, found.start(1) + 1, found.end(1) + 1)
