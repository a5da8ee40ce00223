"""Which policies have something to say about an object or a set: the others are not evaluated.

To evaluate a policy takes many times as long as to see that it says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from stackgen.checks.policy import headers, pack
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.record import record
from stackgen.regex import regex

Files = frozenset[str]  # of policies
Name = tuple[str, str, str]  # kind, namespace and name
# So many objects that need the same policies get an engine of their own: to load one takes as long
# as to evaluate some objects.
ALONE = 20
# What the engine may refuse to read: then it says so, whatever a policy would say.
_ODD = ("\\ud", "\\uD", "NaN", "Infinity")
_LARGE = regex(r"\d(?:\d{18}|[eE][+-]?\d{3})")
_DEEP = 100
_KIND = regex(r'"([A-Z][A-Za-z0-9]*)"')


@record
class _Silence:
    """A row of silent.yaml. fits: the compiled JSON Schema, or None."""

    kinds: frozenset[str]
    texts: tuple[str, ...]
    fits: Any

    def covers(self, data: Any, text: str) -> bool:
        """Whether the policy says nothing about an object that is not of `kinds`."""
        if any(map(text.__contains__, self.texts)):
            return False
        try:
            return self.fits is None or bool(self.fits.is_valid(data))
        except ValueError:  # what a validator cannot read, a policy may
            return False


@cache
def _silences() -> Mapping[str, _Silence]:
    """The rows by policy file."""
    from jsonschema_rs import validator_for

    found = {}
    for name, row in shipped(__file__, "silent.yaml").items():
        kinds = frozenset(row.get("kinds", ()))
        fits = validator_for(row["fits"]) if "fits" in row else None
        named = kinds | pack.pod_kinds() if "pods" in kinds else kinds
        found[f"{name}.rego"] = _Silence(named, tuple(row.get("texts", ())), fits)
    return found


@cache
def _of_kind(kind: str, known: Files) -> tuple[Files, tuple[tuple[str, _Silence], ...]]:
    """The policies on single objects of a kind: those always evaluated, and the others.

    known: keys of the cluster profile.
    """
    files = {
        one.file
        for one in pack.policies_on("file")
        if one.kinds & pack.names_of(kind) and (not one.needs or one.needs in known)
    }
    rows = {file: _silences()[file] for file in files if file in _silences()}
    others = {file: row for file, row in rows.items() if kind not in row.kinds}
    return frozenset(files - others.keys()), tuple(sorted(others.items(), key=lambda x: x[0]))


def speaking(objects: Sequence[tuple[str, Any, str]], data: Mapping[str, Any]) -> list[Files]:
    """The policies to evaluate for each object: kind, data, and JSON. data: of the policies."""
    profile = data["stackgen"].get("profile")
    known = frozenset(profile) if isinstance(profile, dict) else frozenset()
    needed: list[Files] = []
    of_kind: dict[str, Files] = {}
    for kind, value, text in objects:
        files, others = _of_kind(kind, known)
        plain = text.count("{") + text.count("[") < _DEEP and not _is_odd(text)
        files = files.union(f for f, row in others if not (plain and row.covers(value, text)))
        needed.append(files)
        of_kind[kind] = of_kind.get(kind, frozenset()) | files
    numbers = Counter(needed)
    return [
        files if not files or numbers[files] >= ALONE else of_kind[kind]
        for (kind, _, _), files in zip(objects, needed, strict=True)
    ]


def _is_odd(text: str) -> bool:
    return any(part in text for part in _ODD) or _LARGE.search(text) is not None


@cache
def _kinds_of_set() -> frozenset[str]:
    """The kinds that policies on the set speak of: they look objects up by kind."""
    sources = [one for one in pack.policies_on("set") if "all" not in one.kinds]
    texts = [one.text for one in sources] + [pack.text_of(name) for name in headers.libraries()]
    told = {kind for text in texts for kind in _KIND.findall(text)}
    return pack.pod_kinds().union(told, *(one.kinds for one in sources))


def of_set(resources: Sequence[Resource]) -> list[int]:
    """The indexes of the objects that a policy on the set may read.

    ConfigMaps may be long. Of these, the policies read what Gateways name.
    """
    several, path = _several(resources), ("spec", "infrastructure", "parametersRef", "name")
    gateways = [one for one in resources if one.kind == "Gateway"]
    named = {("ConfigMap", one.namespace, one.get(*path)) for one in gateways}
    told = _kinds_of_set() - {"ConfigMap"}
    return [
        i for i, one in enumerate(resources)
        if one.kind in told or _name(one) in several or _name(one) in named
    ]  # fmt: skip


def on_set(resources: Sequence[Resource]) -> list[str]:
    """The policies on the set that have something to say about the objects that they may read."""
    kinds = {name for kind in {one.kind for one in resources} for name in pack.names_of(kind)}
    if not _several(resources):
        kinds.discard("all")
    return sorted(one.file for one in pack.policies_on("set") if one.kinds & kinds)


def _several(resources: Sequence[Resource]) -> set[Name]:
    """The names of several objects: a policy for all kinds compares these."""
    return {name for name, number in Counter(map(_name, resources)).items() if number > 1}


def _name(resource: Resource) -> Name:
    return resource.kind, resource.namespace, resource.name
