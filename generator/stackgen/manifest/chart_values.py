"""Values compared with those that a chart reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.manifest.document import Path
from stackgen.record import record
from stackgen.regex import regex
from stackgen.spelling import close, did_you_mean

# Helm itself reads these.
_ANY = frozenset({"global", "tags"})
# Keys such as image and resources are in many places.
_SHORT = 12
_MARKS = frozenset({"*", "~", "!", "[]", "|"})
# What a chart may read for each of its Pods.
_OF_ANY_POD = regex(
    r"(?i)(pod|container|extra|host|node|image|priority|service|topology|termination|runtime|update"
    r"|lifecycle|network|deployment|revision|liveness|readiness|startup|persistence|autoscaling)"
)
# What a text has that something else replaces.
_FILLED_IN = ("{{", "${", "<", "$(")


@record
class Unread:
    """A value that the chart does not read. rejected: Helm refuses it."""

    path: Path
    hint: str
    rejected: bool


@record
class Mistyped:
    """A value of a type, or a text, that the chart cannot take. said: what is wrong with it."""

    path: Path
    said: str
    rejected: bool


def unread(
    values: Mapping[str, Any], node: Any, words: frozenset[str], path: Path = ()
) -> Iterator[Unread]:
    """The values on the way down that lead to nothing which the chart reads.

    words: what its templates name. A key that they do not name is not read by name.
    """
    names = [key for key in node if key not in _MARKS and key not in values]
    for key, value in values.items():
        name = str(key)
        inner, here = node.get(name), (*path, name)
        first, dot, _ = name.partition(".")
        if inner is None and dot and isinstance(node.get(first), dict) and "*" not in node:
            yield Unread(here, f"; write it as a value below {first}", "!" in node)
        elif isinstance(inner, dict):
            yield from _below(value, inner, words, here)
        elif inner is not None or (not path and (name in _ANY or name.startswith(("x-", "_")))):
            continue
        elif "*" in node or ("~" in node and name in words):
            # Not all of its keys are known. One that is almost spelled as a known one is meant so.
            # Keys of labels are those of the user.
            known = "*" in node and len(name) > 4 and "/" not in name
            meant = close(name, names) if known else None
            hint = f'; did you mean "{meant}"?' if meant else ""
            if not path and not ("*" in node and _OF_ANY_POD.match(name)):
                hint = hint or _moved(name, node)
            if hint:
                yield Unread(here, hint, False)
        else:
            hint = did_you_mean(name, names) or ("" if path else _moved(name, node))
            yield Unread(here, hint, "!" in node)


def _moved(name: str, root: Mapping[str, Any]) -> str:
    """A hint for a long key that the chart has in one other place, below a key of the top."""
    found = [
        f"{first}.{name}"
        for first, inner in root.items()
        if isinstance(inner, dict) and "[]" not in inner and name in inner
    ]
    known = len(name) > _SHORT and len(found) == 1
    return f"; the chart has it as {found[0]}" if known else ""


def merge(values: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Put the values of `other` over those that are there, as Helm does."""
    for key, value in other.items():
        old = values.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            copy = dict(old)
            merge(copy, value)
            values[key] = copy
        else:
            values[key] = value


def over(values: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The values with those of `other` over them, as Helm merges them."""
    found = dict(values)
    merge(found, other)
    return found


def _below(value: Any, node: Any, words: frozenset[str], path: Path) -> Iterator[Unread]:
    if isinstance(value, list) and "[]" in node:
        for i, item in enumerate(value):
            if isinstance(item, dict):
                yield from unread(item, node["[]"], words, (*path, i))
    elif isinstance(value, dict) and "[]" not in node:
        yield from unread(value, node, words, path)


def mistyped(
    values: Mapping[str, Any], node: Any, checked: bool, path: Path = ()
) -> Iterator[Mistyped]:
    """The values of another type than the chart has. checked: Helm compares them with a schema."""
    for key, value in values.items():
        inner, here = node.get(str(key)), (*path, str(key))
        if inner is None or key in _MARKS or value is None or _filled_in(value):
            continue
        if isinstance(inner, dict) and isinstance(value, dict) and "[]" not in inner:
            yield from mistyped(value, inner, checked, here)
            continue
        if inner == "boolean" and "*" in node and isinstance(value, str) and not checked:
            continue  # what is printed as it is may be a text
        if str(key).lower().endswith("port") and isinstance(value, int) and inner == "string":
            continue  # a port of a Pod has a name or a number
        said = _wrong(value, inner, checked) or _no_number(str(key), value, inner)
        if said:
            yield Mistyped(here, said, checked)


def _wrong(value: Any, node: Any, checked: bool) -> str:
    """What is wrong with the value; empty if nothing is."""
    kind = "boolean" if isinstance(value, bool) else _KINDS.get(type(value), "")
    if isinstance(node, list):
        choices = ", ".join(map(str, node))
        return (
            f"is {value!r}; the chart knows {choices}"
            if kind != "object" and value not in node
            else ""
        )
    wanted = ("list" if "[]" in node else "object") if isinstance(node, dict) else str(node)
    others = node.get("|", ()) if isinstance(node, dict) else ()
    if wanted in ("any", kind) or not kind or kind in others:
        return ""
    if wanted == "boolean" and kind == "string" and value.lower() == "false" and not checked:
        return f"is the string {value!r}; a template takes every string for true"
    # Without a schema the templates decide, and most take a number for a string.
    if checked or (wanted == "object" and isinstance(node, dict) and not {"*", "~"} & node.keys()):
        return f"is {_article(kind)}; the chart has {_article(wanted)}"
    if wanted in ("list", "object") and (kind != "string" or _plain(value)):
        return f"is {_article(kind)}; the chart has {_article(wanted)}"
    return ""


def _no_number(key: str, value: Any, node: Any) -> str:
    """What is wrong with a word in place of a number. Ports and levels of logs have names, too."""
    named = key.lower().endswith(("port", "level", "verbosity"))
    word = node == "number" and isinstance(value, str) and value.isalpha()
    return f"is {value!r}; the chart has a number" if word and not named else ""


def _plain(value: str) -> bool:
    """Whether a text is a word: an empty one counts as no value, and several lines may be YAML."""
    return bool(value) and value.isprintable() and value[0] not in "[{"


_KINDS: Mapping[type, str] = {
    str: "string",
    int: "number",
    float: "number",
    list: "list",
    dict: "object",
}


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _filled_in(value: Any) -> bool:
    return isinstance(value, str) and any(mark in value for mark in _FILLED_IN)
