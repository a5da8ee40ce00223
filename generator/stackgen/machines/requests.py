"""The models and addresses that a script asks, and the folders into which it copies files."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.manifest.document import Mark
from stackgen.regex import regex

# A script that sends requests of the OpenAI API.
_SENDS = regex(r"\bcurl\b")
_COPY = 4  # words of `gsutil cp FROM TO`
_API = regex(r"/v1/(?:chat/)?completions\b|/v1/embeddings\b")
# The model in the body of a request, whose quotes a string in double quotes escapes.
_MODEL = regex(r"""\\?"model\\?"\s*:\s*\\?"([^"\\\s$]+)\\?\"""")


# The address of a request of curl, without its query.
_URL = regex(
    r"""https?://[A-Za-z0-9][\w.-]*(?::\d+)?(?:/[^\s"'`?#;|&)\\]*)?(?=[\s"'`?;|&)\\]|\Z)"""
)


def requests_of(text: str) -> Iterator[tuple[str, str, str, Mark]]:
    """The kind of each object, its field, and the model or address, with its place."""
    for model, mark in _models(text):
        yield "Request", "model", model, mark
    continued = False
    for number, line in enumerate(text.split("\n"), 1) if _SENDS.search(text) else ():
        sends = (continued or _SENDS.search(line)) and not line.lstrip().startswith("#")
        for found in _URL.finditer(line) if sends else ():
            yield "Call", "url", found[0], Mark(number, found.start() + 1, found.end() + 1)
        continued = bool(sends) and line.endswith("\\")


def _models(text: str) -> Iterator[tuple[str, Mark]]:
    """Each name that is written out, with its place."""
    if not _SENDS.search(text) or not _API.search(text):
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#") or "model" not in line:
            continue
        for found in _MODEL.finditer(line):
            yield found[1], Mark(number, found.start(1) + 1, found.end(1) + 1)


def uploaded(words: list[str]) -> str:
    """The folder of a bucket into which a command copies files; "" for another command."""
    storage = words[:2] == ["gcloud", "storage"]
    verb = "".join(words[2:3] if storage else words[1:2])
    known = (storage or words[0] == "gsutil") and verb in ("cp", "rsync") and len(words) >= _COPY
    return words[-1] if known and words[-1].startswith("gs://") and "$" not in words[-1] else ""
