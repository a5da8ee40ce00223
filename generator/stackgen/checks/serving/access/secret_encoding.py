"""A value of a Secret that is encoded once too often, or not at all. No value is shown."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_BASE64 = regex(r"(?:[A-Za-z0-9+/]{4}){5,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
# A word of base64 by chance is rare if it ends with the padding.
_KEY = regex(r"(?i)(?:^|[_.-])(?:key|salt|cookie[_-]?secret)$")
_PADDED = regex(r".*=\Z")


def check(context: Context) -> Violations:
    """Values of text: those that a container reads as a variable, and those of stringData."""
    used = set(_used(context))
    for secret in context.bundle.of_kind("Secret", ""):
        for key, value in as_dict(secret.get("data")).items():
            read = (secret.namespace, secret.name, key) in used
            raw = _decoded(value) if read else None
            if raw is None:
                continue
            place = Place(secret, ("data", key))
            shown = f"{visible(key)} of Secret {secret.name}"
            if not _is_text(raw):
                yield violation(f"{shown} does not decode to text; it may not be encoded", place)
            elif raw.endswith((b"\n", b"\r")):
                yield violation(f"{shown} ends with a line break, which the program reads", place)
            elif _encoded(raw.decode()):
                yield violation(f"{shown} is encoded twice", place)
        yield from _strings(secret)


def _strings(secret: Resource) -> Violations:
    for key, value in as_dict(secret.get("stringData")).items():
        # Programs take keys for encryption as base64.
        if isinstance(value, str) and _encoded(value) and not _KEY.search(str(key)):
            yield violation(
                f"{visible(key)} of Secret {secret.name} is base64; stringData takes plain text",
                Place(secret, ("stringData", key)),
            )


def _used(context: Context) -> Iterator[tuple[str, str, str]]:
    """The keys of Secrets that containers read as variables."""
    for pod in pod_specs(context):
        for _, container in pod.containers():
            for _, entry in maps(container.get("env")):
                ref: Mapping[str, Any] = as_dict(at(entry, "valueFrom", "secretKeyRef"))
                if ref:
                    yield pod.namespace, text(ref.get("name")), text(ref.get("key"))


def _decoded(value: Any) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) and value else None
    except (binascii.Error, ValueError):
        return None  # the schema says so


def _is_text(raw: bytes) -> bool:
    try:
        found = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\r\n\t" for letter in found)


def _encoded(value: str) -> bool:
    """Whether the text is itself the base64 of printable text."""
    if not _BASE64.fullmatch(value) or not _PADDED.match(value):
        return False
    raw = _decoded(value)
    return raw is not None and len(raw) > 8 and raw.isascii() and _is_text(raw)
