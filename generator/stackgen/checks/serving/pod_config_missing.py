"""A pod that asks for a ConfigMap, Secret or key that is there under another name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Finding, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.spelling import did_you_mean, nearest

RULE = rule_named(__name__)
_KINDS = ("ConfigMap", "Secret")
_DATA = ("data", "binaryData", "stringData")


@record
class Ref:
    """A reference. key: what of the object is wanted; empty for all of it."""

    kind: str
    name: str
    key: str
    pod: PodSpec
    path: Path


def check(context: Context) -> Iterator[Finding]:
    """Keys that are not there, and names that are almost there."""
    there: dict[tuple[str, str, str], Resource] = {}
    names: dict[tuple[str, str], set[str]] = {}
    for resource in context.bundle.objects:
        if resource.kind in _KINDS and not resource.group and resource.name:
            there[resource.kind, resource.namespace, resource.name] = resource
            names.setdefault((resource.kind, resource.namespace), set()).add(resource.name)
    if not there:
        return
    refs = [ref for pod in pod_specs(context) for ref in _refs(pod)]
    for ref in refs:
        names.get((ref.kind, ref.pod.namespace), set()).discard(ref.name)
    for ref in refs:
        target = there.get((ref.kind, ref.pod.namespace, ref.name))
        if target is not None:
            yield from _key(ref, target)
            continue
        other = _alike(ref.name, names.get((ref.kind, ref.pod.namespace), set()))
        if other:
            yield RULE.finding(
                f"there is no {ref.kind} {ref.name}; nothing refers to {other}",
                ref.pod.place(*ref.path),
                severity=Severity.WARNING,
                confidence="medium",
            )


def _key(ref: Ref, target: Resource) -> Iterator[Finding]:
    keys = {str(k) for part in _DATA for k in as_dict(target.get(part))}
    # A Secret without data is filled in by somebody else.
    if ref.key and keys and ref.key not in keys and plain(ref.key):
        yield RULE.finding(
            f"{ref.kind} {ref.name} has no key {ref.key}{did_you_mean(ref.key, sorted(keys))}",
            ref.pod.place(*ref.path),
        )


def _alike(name: str, others: set[str]) -> str:
    """The one of `others` that is nearly called `name`; empty when there is none."""
    for other in sorted(others):
        if other.endswith(f"-{name}") or name.endswith(f"-{other}"):
            return other
    # The same begin, to compare with few.
    return nearest(name, (x for x in others if x[:3] == name[:3])) or ""


def _refs(pod: PodSpec) -> Iterator[Ref]:
    for path, container in pod.containers():
        for i, variable in maps(container.get("env")):
            for word, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                at_path: Path = (*path, "env", i, "valueFrom", word)
                yield from _ref(pod, kind, at(variable, "valueFrom", word), at_path)
        for i, source in maps(container.get("envFrom")):
            for word, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                yield from _ref(pod, kind, source.get(word), (*path, "envFrom", i, word))
    for i, volume in maps(pod.spec.get("volumes")):
        yield from _of_volume(pod, volume, ("volumes", i))
        for j, source in maps(at(volume, "projected", "sources")):
            yield from _of_volume(pod, source, ("volumes", i, "projected", "sources", j))


def _of_volume(pod: PodSpec, volume: Mapping[str, Any], path: Path) -> Iterator[Ref]:
    for word, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "")):
        source = as_dict(volume.get(word))
        called = name or ("secretName" if "secretName" in source else "name")
        yield from _ref(pod, kind, source, (*path, word), called)


def _ref(pod: PodSpec, kind: str, data: Any, path: Path, name: str = "name") -> Iterator[Ref]:
    source = as_dict(data)
    called = text(source.get(name))
    if not called or source.get("optional") is True or not plain(called):
        return
    if "key" in source:
        yield Ref(kind, called, text(source["key"]), pod, (*path, "key"))
        return
    yield Ref(kind, called, "", pod, (*path, name))
    for i, item in maps(source.get("items")):
        yield Ref(kind, called, text(item.get("key")), pod, (*path, "items", i, "key"))
