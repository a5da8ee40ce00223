"""Fingerprints: the same finding keeps its name while lines move around it.

A fingerprint is the first 16 hex digits of SHA-256 over, one a line:

1. the rule id;
2. who: `group/Kind/namespace/name` of the object, or the file when there is no named object;
3. where: the path in the document, list items by their `name` (or `key`, `containerPort`,
   `port`) where they have one, so that inserting an item does not rename its neighbours;
4. what: the message, with numbers and line references blanked and spaces folded, so that a
   changed count or a moved line keeps the name; for a place without a path, also the source line.

The API version and the file of a named object are left out: upgrading or moving a manifest keeps
the fingerprint. Two findings may share one; a baseline counts them.
"""

from __future__ import annotations

from typing import Any

from stackgen.findings.locate import show_file
from stackgen.findings.model import Finding, Location, Place
from stackgen.manifest.document import Path, show_path
from stackgen.regex import regex

LENGTH = 16
MAX_NAMED = 500  # longer lists are counted: comparing every name with every other takes long
KEYS = ("name", "key", "containerPort", "port")

_NUMBER = regex(r"\d+(?:\.\d+)*")


def fingerprint(finding: Finding, primary: Location | None) -> str:
    """The stable name of `finding`, 16 hex digits."""
    import hashlib

    place = finding.places[0] if finding.places else Place()
    where = _where(place)
    parts = [finding.rule.id, _who(place), where, _what(finding.message)]
    if not where and primary is not None:
        parts.append(primary.excerpt.strip())
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:LENGTH]


def _who(place: Place) -> str:
    resource = place.resource
    if resource is None:
        return show_file(place.file)
    if not (resource.kind and resource.name):
        return show_file(resource.file)
    return "/".join((resource.group, resource.kind, resource.namespace, resource.name))


def _where(place: Place) -> str:
    if not place.path:
        return ""
    data = place.resource.data if place.resource is not None else _data(place)
    return show_path(by_name(data, place.path))


def _data(place: Place) -> Any:
    if not place.text or not any(isinstance(step, int) for step in place.path):
        return None
    from stackgen.manifest.yaml_in import Dialect, parse

    documents = parse(place.text, place.file, Dialect.SPEC)
    return documents[0].data if len(documents) == 1 else None


def by_name(data: Any, path: Path) -> Path:
    """`path` with list items called `name=web` instead of by number, where they have a name."""
    shown: list[str | int] = []
    here = data
    for step in path:
        inside: Any = None
        label: str | int = step
        if isinstance(step, int) and isinstance(here, list) and step < len(here):
            inside = here[step]
            label = _label(here, step)
        elif isinstance(here, dict) and isinstance(step, str):
            inside = here.get(step)
        shown.append(label)
        here = inside
    return tuple(shown)


def _label(items: list[Any], index: int) -> str | int:
    item = items[index]
    if isinstance(item, dict) and len(items) <= MAX_NAMED:
        for key in KEYS:
            value = item.get(key)
            if isinstance(value, (str, int)) and not isinstance(value, bool):
                same = [i for i in items if isinstance(i, dict) and i.get(key) == value]
                return f"{key}={value}" if len(same) == 1 else index
    return index


def _what(message: str) -> str:
    return " ".join(_NUMBER.sub("0", message).split())
