"""The rules on `metadata` that all kinds share: names, labels, annotations, owners, finalizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stackgen import paths
from stackgen.manifest.document import Path
from stackgen.redact import redact
from stackgen.schema import syntax
from stackgen.schema.problem import Problem

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


_NUMBERS = ("generation", "deletionGracePeriodSeconds")


def validate(
    meta: Any, namespaced: bool, name_rule: NameRule = subdomain, path: Path = ("metadata",)
) -> list[Problem]:
    """The problems of an object's metadata; `path` is where it stands in the document."""
    return decode(meta, path) or check(meta or {}, namespaced, name_rule, path)


def decode(meta: Any, path: Path) -> list[Problem]:
    """Unknown fields and wrong types; null stands for absent everywhere."""
    from stackgen.schema.native.decode import decoder
    from stackgen.schema.native.report import Report

    report = Report()
    decoder(paths.schemas("core", "configmap_v1.json"), "ObjectMeta")(meta, path, report)
    return report.problems


def check(
    meta: dict[str, Any], namespaced: bool, name_rule: NameRule, path: Path = ("metadata",)
) -> list[Problem]:
    """The problems of metadata whose fields have their types."""
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


def _names(meta: dict[str, Any], rule: NameRule, path: Path) -> list[Problem]:
    prefix, name = meta.get("generateName") or "", meta.get("name") or ""
    found = _named("generateName", prefix, rule(prefix, True) if prefix else "", path)
    if not name and not prefix:
        message = "the object has no name: set name (or generateName)"
        found.append(Problem("schema-name", (*path, "name"), message))
    return found + _named("name", name, rule(name, False) if name else "", path)


def _named(field: str, value: str, wrong: str, path: Path) -> list[Problem]:
    message = f'{field} "{_short(value)}" {wrong}'
    return [Problem("schema-name", (*path, field), message)] if wrong else []


def _namespace(meta: dict[str, Any], namespaced: bool, path: Path) -> list[Problem]:
    namespace = meta.get("namespace") or ""
    if not namespace or not namespaced:
        return []  # the server clears the namespace of a cluster-scoped object
    return _named("namespace", namespace, dns_label(namespace), path)


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
