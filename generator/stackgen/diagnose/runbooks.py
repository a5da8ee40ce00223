"""The runbooks: a page of docs/runbooks/ for each failure, with the signs of it.

The front matter of a page has these keys:

- `signs`: what the page is recognized by. Each has `source` (event, condition, container, service
  or log) and some of `kind`, `container`, `type`, `status`, `reason` (exact values) and `message`
  (texts that must all occur, in any case).
- `rules`: the rules that find the failure before it happens.
- `explains`: pages whose signs are often a consequence of this failure.
- `sources`: where the signs come from, each with `what` and `as_of`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from stackgen import paths
from stackgen.reading import listing, read_text
from stackgen.record import record

SECTIONS = ("Symptom", "Cause", "Tell the causes apart", "Fix in stack.yaml", "Prevented by")
SOURCES = ("event", "condition", "container", "service", "log")
_KEYS = {"signs", "rules", "explains", "sources"}
_SIGN = {"source", "kind", "container", "type", "status", "reason", "message"}


class RunbookError(Exception):
    """A page that does not have the form of a runbook."""


@record
class Sign:
    """What a cluster shows. fields: exact values by name. message: lower-case texts."""

    source: str
    fields: Mapping[str, str]
    message: tuple[str, ...]


@record
class Runbook:
    """A page. body: its Markdown below the title; sections: by heading, the summary under ""."""

    id: str
    signs: tuple[Sign, ...]
    rules: tuple[str, ...]
    explains: tuple[str, ...]
    sources: tuple[Mapping[str, str], ...]
    sections: Mapping[str, str]

    @property
    def summary(self) -> str:
        return " ".join(self.sections[""].split())


def runbooks() -> Mapping[str, Runbook]:
    """Every runbook by its id, found by file name. Raises RunbookError."""
    folder = paths.runbooks()
    return {
        name.removesuffix(".md"): parse(name[:-3], read_text(os.path.join(folder, name)))
        for name in listing(folder)
        if name.endswith(".md") and name != "README.md"
    }


def parse(name: str, text: str) -> Runbook:
    """The runbook that a page is. Raises RunbookError."""
    from stackgen.manifest.yaml_in import parse as parse_yaml

    opening, _, rest = text.partition("---\n")
    header, closing, body = rest.partition("\n---\n")
    if opening or not closing:
        raise RunbookError(f"{name}: a page begins with front matter between two lines ---")
    (document,) = parse_yaml(header, name, learning=False)
    data = document.data
    if document.problems or not isinstance(data, dict) or not data.keys() <= _KEYS:
        raise RunbookError(f"{name}: the front matter has {sorted(_KEYS)}")
    title, *parts = body.strip().split("\n## ")
    heading, _, summary = title.partition("\n")
    sections = {"": summary.strip()}
    for part in parts:
        section, _, content = part.partition("\n")
        sections[section] = content.strip()
    if heading != f"# {name}" or tuple(sections) != ("", *SECTIONS):
        raise RunbookError(f"{name}: the title is the id, and the sections are {SECTIONS}")
    return Runbook(
        name,
        tuple(_sign(name, one) for one in data.get("signs", ())),
        tuple(data.get("rules", ())),
        tuple(data.get("explains", ())),
        tuple(data.get("sources", ())),
        sections,
    )


def _sign(name: str, data: Any) -> Sign:
    if not isinstance(data, dict) or not data.keys() <= _SIGN or data.get("source") not in SOURCES:
        raise RunbookError(f"{name}: a sign has {sorted(_SIGN)}, and a source of {SOURCES}")
    said = data.get("message", ())
    texts = (said,) if isinstance(said, str) else tuple(said)
    fields = {k: str(v) for k, v in data.items() if k not in ("source", "message")}
    return Sign(str(data["source"]), fields, tuple(text.lower() for text in texts))
