"""What objects have in common that differ in names only: policies are asked about it once.

Policies on single objects compare some names with names that they know, and put others into their
messages as they are. So a name of an object, of what it refers to, a label or the tag of an image
can be replaced by a placeholder, and put back into the verdict. That changes no verdict if

- the text is a plain name, and no policy has it in quotes
- no policy looks for a part of it, or the placeholder contains the part as well
- it is nowhere else in the object, where a policy may read more than a name

Tests compare the verdicts with those on the objects as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from stackgen.checks.policy import headers, pack
from stackgen.record import record
from stackgen.regex import regex

# A placeholder of a name, and one of a number.
_HOLDER, _DIGITS = "stackgen-name-", "70707"
# Behind a placeholder are the parts for which policies look, and which may be anywhere in a name.
_HOLDERS = regex(rf"{_HOLDER}(\d\d)(?:(?:--[a-z]+)+--)?|{_DIGITS}(\d\d){_DIGITS}")
_MOST = 64  # names in an object; with more, objects are seldom alike
_PLAIN = regex(r"[a-z](?:[a-z0-9-]{0,60}[a-z0-9])?")
# How credentials begin that look like a name.
_TOKEN = regex(r"sk-|nvapi-|gl[a-z]+-|xox|xapp-|config-llm")
_NUMBER = regex(r"\d{1,15}")
# An image whose tag names a version.
_IMAGE = regex(r"[^@:\s{}$]+(?::\d+/[^@:\s{}$]+)?:([a-z]{0,3}\d[a-z0-9.]{0,60})")
_QUOTED = regex(r'"([a-z0-9-]+)"')
# What policies look for within a text.
_SOUGHT = regex(r'\b(contains|startswith|endswith)\(.*"([^"]+)"\)')
_LETTERS = regex(r"[a-z]+")
# Where names are, by the key of the object around them: every key, or these.
_EVERY = frozenset({"labels", "matchLabels", "nodeSelector"})
_ANYWHERE = frozenset({"serviceAccountName", "serviceName"})
_NAMES = {
    around: _ANYWHERE.union(keys)
    for keys, those in (
        (("name", "namespace"), ("metadata", "subjects", "refs")),
        (("name",), ("configMapKeyRef", "configMapRef", "configMap", "secretKeyRef", "secretRef")),
        (("name",), ("roleRef", "certificateRefs", "model", "target")),
        (("name", "secretName"), ("secret",)),
        (("claimName",), ("persistentVolumeClaim",)),
        (("key",), ("remoteRef",)),
    )
    for around in those
}
# They hold the values of charts, which have keys of any meaning.
_NOT_OF = frozenset({"HelmRelease", "Application", "ApplicationSet"})


@record
class Form:
    """text: the object as JSON, with placeholders. names: what is in their place."""

    text: str
    names: tuple[str, ...] = ()

    def restored(self, told: Any) -> Any:
        """A verdict on the form, as it is on the object."""
        return _ordered(self._restored(told)) if self.names else told

    def _restored(self, value: Any) -> Any:
        if isinstance(value, str):
            held = _HOLDER in value or _DIGITS in value
            return _HOLDERS.sub(self._name, value) if held else value
        if isinstance(value, list):
            return [self._restored(item) for item in value]
        if isinstance(value, dict):
            return {key: self._restored(item) for key, item in value.items()}
        return value

    def _name(self, match: re.Match[str]) -> str:
        return self.names[int(match[1] or match[2])]


def form_of(kind: str, data: Any, text: str) -> Form:
    """The form of an object. text: the object as JSON."""
    if kind in _NOT_OF or _HOLDER in text or _DIGITS in text or not isinstance(data, dict):
        return Form(text)
    # What is in a Secret may be a credential, whatever it is called.
    read = {"metadata": data.get("metadata")} if kind == "Secret" else data
    found = Counter(_names_of(read))
    if len(found) > _MOST:
        return Form(text)
    names: list[str] = []
    for whole, number in found.items():
        quoted = f'"{whole}"'
        name = _replaceable(whole)
        if name and text.count(quoted) == number:
            here = f"{len(names):02}"
            holder = f"{_DIGITS}{here}{_DIGITS}" if name.isdecimal() else _holder(here, name)
            text = text.replace(quoted, f'"{whole[: len(whole) - len(name)]}{holder}"')
            names.append(name)
    return Form(text, tuple(names))


def _replaceable(text: str) -> str:
    """The part of a text that policies only pass on, which is its end; empty if there is none."""
    if image := _IMAGE.fullmatch(text):
        return str(image[1])
    plain = (_PLAIN.fullmatch(text) and not _TOKEN.search(text)) or _NUMBER.fullmatch(text)
    if not plain or text in _known() or any(part in text for part in _parts().fixed):
        return ""
    return text


def _holder(number: str, name: str) -> str:
    """The placeholder of a name, with the parts of it that a policy may look for."""
    parts = "".join(f"--{part}" for part in _parts().anywhere if part in name)
    return f"{_HOLDER}{number}{parts}--" if parts else _HOLDER + number


def _names_of(data: dict[Any, Any]) -> Iterator[str]:
    """The texts at the places where names are, and the numbers that variables are set to."""
    waiting: list[tuple[Any, Any]] = [("", data)]
    while waiting:
        around, value = waiting.pop()
        if isinstance(value, list):
            waiting.extend((around, item) for item in value if isinstance(item, (dict, list)))
            continue
        keys = _NAMES.get(around, _ANYWHERE)
        for key, item in value.items():
            if isinstance(item, str):
                if key in keys or around in _EVERY or _is_passed_on(around, key, item):
                    yield item
            elif isinstance(item, (dict, list)):
                waiting.append((key, item))
                if around == "matchExpressions" and key == "values":
                    yield from (text for text in item if isinstance(text, str))


def _is_passed_on(around: Any, key: Any, text: str) -> bool:
    """Whether the text is an image with a version, or a number that a variable is set to."""
    if key == "image":
        return _IMAGE.fullmatch(text) is not None
    return bool(around == "env" and key == "value" and _NUMBER.fullmatch(text))


@cache
def _known() -> frozenset[str]:
    """The names that policies and libraries have in quotes."""
    return frozenset(name for text in _texts() for name in _QUOTED.findall(text))


@record
class _Parts:
    """The parts of names for which policies and libraries look.

    anywhere: those that may be at any place. fixed: those that a name begins or ends with, and
    those of other characters than letters.
    """

    anywhere: tuple[str, ...]
    fixed: tuple[str, ...]


@cache
def _parts() -> _Parts:
    sought = {found for text in _texts() for found in _SOUGHT.findall(text)}
    fixed = {part for how, part in sought if how != "contains" or not _LETTERS.fullmatch(part)}
    return _Parts(tuple(sorted({part for _, part in sought} - fixed)), tuple(sorted(fixed)))


def _texts() -> list[str]:
    texts = [one.text for scope in ("file", "set") for one in pack.policies_on(scope)]
    return [*texts, *(pack.text_of(name) for name in headers.libraries())]


def _ordered(told: Any) -> Any:
    """The results of a verdict in the order of the engine, which is that of their messages."""
    return {
        entry: sorted(results, key=lambda x: (x["id"], x["msg"]))
        if isinstance(results, list)
        else results  # why the policies stopped
        for entry, results in told.items()
    }
