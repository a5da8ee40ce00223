"""Objects as Flux applies them: with the variables whose values are in the input filled in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.scalars import NotFiniteError, as_kubectl
from stackgen.regex import regex
from stackgen.rollout import flux
from stackgen.rollout.applied import Folders

_TURNED_OFF = f"{flux.GROUP}/substitute"
_USE = regex(r"\$?\$\{(\w+)(?::?[-=]([^${}]*))?\}")
_LONGEST = 2000  # characters of a value
_MOST_ADDED = 10_000_000  # characters that the values may add to a file

_Values = Mapping[str, str]


def substituted(bundle: Bundle) -> Bundle:
    """The bundle with known variables of its Kustomizations filled in; itself if there are none.

    What two Kustomizations apply has a value only if both have the same. Variables without a value
    in the input stay as they are written.
    """
    steps = [one for one in bundle.of_kind(flux.KIND, flux.GROUP) if one.get("spec", "postBuild")]
    if not steps:
        return bundle
    known = _by_object(bundle)
    resources = tuple(_filled(one, known.get(id(one))) for one in bundle.resources)
    changed = any(new is not old for new, old in zip(resources, bundle.resources, strict=True))
    return replace(bundle, resources=resources) if changed else bundle


def _by_object(bundle: Bundle) -> dict[int, _Values]:
    """The values for each object that Kustomizations apply, by its id."""
    folders = Folders(bundle.resources)
    folders.settle(flux.paths(folders))
    found: dict[int, _Values] = {}
    for step in bundle.of_kind(flux.KIND, flux.GROUP):
        values = dict(_values(bundle, step))
        for one in folders.below(text(step.get("spec", "path"))) or ():
            other = found.get(id(one))
            same = values.items() if other is None else values.items() & other.items()
            found[id(one)] = dict(same)
    return found


def _values(bundle: Bundle, step: Resource) -> Iterator[tuple[str, str]]:
    """The variables of a Kustomization with a value that is known."""
    build = as_dict(step.get("spec", "postBuild"))
    own = {name: _said(value) for name, value in as_dict(build.get("substitute")).items()}
    given: dict[str, str] = {}
    for _, source in maps(build.get("substituteFrom")):
        config = _config(bundle, step, source)
        if config is None:
            given = {}  # it may replace what the others give
            break
        given |= {name: _said(value) for name, value in as_dict(config.get("data")).items()}
    for name, value in {**given, **own}.items():
        if value and "${" not in value and len(value) <= _LONGEST:
            yield str(name), value


def _said(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _config(bundle: Bundle, step: Resource, source: Mapping[str, Any]) -> Resource | None:
    """The ConfigMap with variables; of two with one name, the one beside the Kustomization."""
    if source.get("kind") != "ConfigMap":
        return None
    found = list(bundle.named("ConfigMap", step.namespace, text(source.get("name")), ""))
    if len(found) > 1:
        beside = os.path.dirname(step.file)
        found = [one for one in found if os.path.dirname(one.file) == beside]
    return found[0] if len(found) == 1 else None


def _filled(resource: Resource, values: _Values | None) -> Resource:
    if not values or resource.index or (
        resource.document is not None and "${" not in resource.document.source.text
    ):  # fmt: skip
        return resource
    if any(
        as_dict(resource.metadata.get(field)).get(_TURNED_OFF) == "disabled"
        for field in ("annotations", "labels")
    ):
        return resource
    if resource.document is not None:
        longest = max(map(len, values.values()))
        if resource.document.source.text.count("${") * longest > _MOST_ADDED:
            return resource
    data = _with_values(resource.data, values)
    return resource if data == resource.data else replace(resource, data=data)


def _with_values(data: Any, values: _Values) -> Any:
    if isinstance(data, dict):
        return {key: _with_values(value, values) for key, value in data.items()}
    if isinstance(data, list):
        return [_with_values(value, values) for value in data]
    if not isinstance(data, str) or "${" not in data:
        return data

    def value(match: Any) -> str:
        whole: str = match[0]
        return whole if whole.startswith("$$") else values.get(match[1], whole)

    filled = _USE.sub(value, data)
    # The text is put into YAML, which is read again.
    alone = filled != data and _USE.fullmatch(data) is not None
    try:
        return as_kubectl(filled) if alone else filled
    except NotFiniteError:
        return filled
