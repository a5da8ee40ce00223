"""The rules on `metadata` that all kinds share: names, labels, annotations, owners, finalizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stackgen.manifest.document import Path
from stackgen.redact import redact
from stackgen.schema import syntax
from stackgen.schema.problem import Problem
from stackgen.spelling import nearest

ANNOTATIONS_LIMIT = 256 * 1024  # bytes, all keys and values together
NameRule = Callable[[str, bool], str]


def subdomain(name: str, prefix: bool = False) -> str:
    """What is wrong with `name` as a DNS-1123 subdomain, or nothing. prefix: of a generateName."""
    return syntax.dns_subdomain(_completed(name) if prefix else name)


def dns_label(name: str, prefix: bool = False) -> str:
    """What is wrong with `name` as a DNS-1123 label, or nothing."""
    return syntax.dns_label(_completed(name) if prefix else name)


def _completed(prefix: str) -> str:
    """A generateName may end in a hyphen: letters follow."""
    return prefix[:-1] + "a" if prefix.endswith("-") and len(prefix) > 1 else prefix


def path_segment(name: str, prefix: bool = False) -> str:
    """What is wrong with `name` as one part of a URL path, or nothing."""
    return syntax.path_segment(name)


# -- decoding ------------------------------------------------------------------------------------

_TEXTS = ("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion")
_NUMBERS = ("generation", "deletionGracePeriodSeconds")
_TIMES = ("creationTimestamp", "deletionTimestamp")
_MAPS = ("labels", "annotations")
_LISTS = ("ownerReferences", "finalizers", "managedFields")
_FIELDS = (*_TEXTS, *_NUMBERS, *_TIMES, *_MAPS, *_LISTS)
_OWNER = {
    "apiVersion": str, "kind": str, "name": str, "uid": str, "controller": bool,
    "blockOwnerDeletion": bool,
}  # fmt: skip
_MANAGED = {
    "manager": str, "operation": str, "apiVersion": str, "time": str, "fieldsType": str,
    "fieldsV1": dict, "subresource": str,
}  # fmt: skip
_WORDS = {
    str: "a string",
    bool: "true or false",
    dict: "an object",
    list: "a list",
    int: "a number",
}


def validate(
    meta: Any, namespaced: bool, name_rule: NameRule = subdomain, path: Path = ("metadata",)
) -> list[Problem]:
    """The problems of an object's metadata; `path` is where it stands in the document."""
    if meta is None:
        meta = {}
    if not isinstance(meta, dict):
        return [_type(path, meta, dict)]
    found = decode(meta, path)
    if found:
        return found
    found = _names(meta, name_rule, path)
    found += _namespace(meta, namespaced, path)
    found += keys(meta, path)
    found += _owners(meta.get("ownerReferences") or [], (*path, "ownerReferences"))
    found += _finalizers(meta.get("finalizers") or [], (*path, "finalizers"))
    for name in _NUMBERS:
        if (meta.get(name) or 0) < 0:
            message = f"{name} is {meta[name]}; it cannot be negative"
            found.append(Problem("schema-range", (*path, name), message))
    return found


def _type(path: Path, value: Any, wanted: type) -> Problem:
    from stackgen.schema.structure import kind_of, show

    message = f"{path[-1]} is {show(value)} ({kind_of(value)}); {_WORDS[wanted]} is needed"
    return Problem("schema-wrong-type", path, message)


def _is(value: Any, wanted: type) -> bool:
    if wanted is int:
        return type(value) is int and -(2**63) <= value < 2**63
    return isinstance(value, wanted)


def decode(meta: dict[str, Any], path: Path) -> list[Problem]:
    """Unknown fields and wrong types; null stands for absent everywhere."""
    found: list[Problem] = []
    for name, value in meta.items():
        here = (*path, name)
        if name not in _FIELDS:
            found.append(_unknown(here, _FIELDS))
        elif value is None:
            continue
        elif name in _MAPS:
            found += _texts(value, here)
        elif name in _LISTS:
            found += _list(name, value, here)
        elif name in _NUMBERS:
            found += [] if _is(value, int) else [_type(here, value, int)]
        elif not isinstance(value, str):
            found.append(_type(here, value, str))
        elif name in _TIMES and not syntax.is_time(value):
            message = f'{name} is "{value}"; a time such as 2026-01-31T12:00:00Z is needed'
            found.append(Problem("schema-format", here, message))
    return found


def _unknown(path: Path, known: Any) -> Problem:
    name = str(path[-1])
    better = nearest(name, known)
    hint = f' (did you mean "{better}"?)' if better else ""
    return Problem("schema-unknown-field", path, f'unknown field "{name}"{hint}', True)


def _texts(value: Any, path: Path) -> list[Problem]:
    if not isinstance(value, dict):
        return [_type(path, value, dict)]
    return [
        _type((*path, k), v, str)
        for k, v in value.items()
        if v is not None and not isinstance(v, str)
    ]


def _list(name: str, value: Any, path: Path) -> list[Problem]:
    if not isinstance(value, list):
        return [_type(path, value, list)]
    found: list[Problem] = []
    fields: dict[str, type] = _OWNER if name == "ownerReferences" else _MANAGED  # type: ignore[assignment]
    for i, item in enumerate(value):
        if item is None:
            continue
        if name == "finalizers":
            found += [] if isinstance(item, str) else [_type((*path, i), item, str)]
        elif not isinstance(item, dict):
            found.append(_type((*path, i), item, dict))
        else:
            for key, inner in item.items():
                here = (*path, i, key)
                if key not in fields:
                    found.append(_unknown(here, fields))
                elif inner is not None and not _is(inner, fields[key]):
                    found.append(_type(here, inner, fields[key]))
    return found


# -- rules ---------------------------------------------------------------------------------------


def _names(meta: dict[str, Any], rule: NameRule, path: Path) -> list[Problem]:
    found: list[Problem] = []
    prefix = meta.get("generateName") or ""
    name = meta.get("name") or ""
    if prefix:
        wrong = rule(prefix, True)
        if wrong:
            message = f'generateName "{_short(prefix)}" {wrong}'
            found.append(Problem("schema-name", (*path, "generateName"), message))
    if not name and not prefix:
        message = "the object has no name: set name (or generateName)"
        found.append(Problem("schema-name", (*path, "name"), message))
    elif name:
        wrong = rule(name, False)
        if wrong:
            message = f'name "{_short(name)}" {wrong}'
            found.append(Problem("schema-name", (*path, "name"), message))
    return found


def _namespace(meta: dict[str, Any], namespaced: bool, path: Path) -> list[Problem]:
    namespace = meta.get("namespace") or ""
    if not namespace or not namespaced:
        return []  # the server clears the namespace of a cluster-scoped object
    wrong = dns_label(namespace)
    if not wrong:
        return []
    message = f'namespace "{_short(namespace)}" {wrong}'
    return [Problem("schema-name", (*path, "namespace"), message)]


def labels(values: dict[str, Any], path: Path) -> list[Problem]:
    """The problems of a map of labels."""
    found: list[Problem] = []
    for key, value in values.items():
        wrong = syntax.qualified_name(key)
        if wrong:
            message = f'label key "{_short(key)}" {wrong}'
            found.append(Problem("schema-label", (*path, key), message, True))
        wrong = syntax.label_value(value or "")
        if wrong:
            message = f'label value "{_short(value)}" {wrong}'
            found.append(Problem("schema-label", (*path, key), message))
    return found


def keys(meta: dict[str, Any], path: Path) -> list[Problem]:
    """The problems of the labels and annotations of decoded metadata."""
    found = labels(meta.get("labels") or {}, (*path, "labels"))
    return found + _annotations(meta.get("annotations") or {}, (*path, "annotations"))


def _annotations(values: dict[str, Any], path: Path) -> list[Problem]:
    found: list[Problem] = []
    size = 0
    for key, value in values.items():
        size += len(key.encode("utf-8", "replace")) + len((value or "").encode("utf-8", "replace"))
        wrong = syntax.qualified_name(key.lower())
        if wrong:
            message = f'annotation key "{_short(key)}" {wrong}'
            found.append(Problem("schema-annotation", (*path, key), message, True))
    if size > ANNOTATIONS_LIMIT:
        message = f"the annotations take {size} bytes; together at most {ANNOTATIONS_LIMIT}"
        found.append(Problem("schema-annotation", path, message))
    return found


def _owners(owners: list[Any], path: Path) -> list[Problem]:
    found: list[Problem] = []
    controllers = 0
    for i, owner in enumerate(owners):
        fields = owner or {}
        for name in ("apiVersion", "kind", "name", "uid"):
            if not fields.get(name):
                message = f"{name} is missing; an owner reference must have it"
                found.append(Problem("schema-missing-field", (*path, i, name), message))
        version = fields.get("apiVersion") or ""
        if version.count("/") > 1 or version.endswith("/"):
            message = f'apiVersion is "{version}"; a version or group/version is needed'
            found.append(Problem("schema-format", (*path, i, "apiVersion"), message))
        if version == "v1" and fields.get("kind") == "Event":
            message = "an Event cannot own other objects"
            found.append(Problem("schema-cross-field", (*path, i), message))
        if fields.get("controller"):
            controllers += 1
            if controllers == 2:
                message = "only one owner can be the controller"
                found.append(Problem("schema-cross-field", (*path, i, "controller"), message))
    return found


def _finalizers(values: list[Any], path: Path) -> list[Problem]:
    found: list[Problem] = []
    for i, value in enumerate(values):
        wrong = syntax.qualified_name(value or "")
        if wrong:
            message = f'finalizer "{_short(value or "")}" {wrong}'
            found.append(Problem("schema-name", (*path, i), message))
    if "orphan" in values and "foregroundDeletion" in values:
        message = "orphan and foregroundDeletion exclude each other"
        found.append(Problem("schema-cross-field", path, message))
    return found


def _short(text: str) -> str:
    return text if len(text) <= 80 else redact(text)[:80] + "..."
