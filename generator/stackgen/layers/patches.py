"""The spec's patches: merged into rendered objects by the keys Kubernetes merges lists by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.origin import Flat, Origin, flatten
from stackgen.spec.model import Patch

# The key by which items of a list are told apart: the first that all items of both lists have,
# and that no two items of one list share.
MERGE_KEYS = ("name", "containerPort", "mountPath", "port", "key", "ip", "topologyKey")


def apply_patches(
    resources: list[Resource], patches: tuple[Patch, ...]
) -> tuple[list[Resource], list[Patch]]:
    """The resources with every patch merged, and the patches that no resource answers to."""
    unmatched = []
    for patch in patches:
        hits = [i for i, r in enumerate(resources) if not r.index and _is_target(r, patch)]
        if not hits:
            unmatched.append(patch)
        for i in hits:
            resources[i] = _patched(resources[i], patch)
    return resources, unmatched


def _is_target(resource: Resource, patch: Patch) -> bool:
    target = patch.target
    return (
        resource.kind == target.kind.value
        and resource.name == target.name.value
        and target.namespace.value in (None, resource.namespace)
    )


def _patched(resource: Resource, patch: Patch) -> Resource:
    flat = flatten(patch.patch, Origin("rule", "patch", "asked for in the spec"))
    origins = dict(resource.origins)
    data = _merge(resource.data, flat.data, (), (), origins, flat)
    return replace(resource, data=data, origins=origins)


def _merge(
    base: Any, change: Any, path: Path, source: Path, origins: dict[Path, Origin], flat: Flat
) -> Any:
    if isinstance(base, dict) and isinstance(change, dict):
        merged = dict(base)
        for key, item in change.items():
            here = (*path, key)
            if item is None:
                merged.pop(key, None)
                _forget(here, origins)
                if not merged:
                    origins[path] = flat.origins[*source, key]
            elif key in merged:
                merged[key] = _merge(merged[key], item, here, (*source, key), origins, flat)
            else:
                merged[key] = _take(item, here, (*source, key), origins, flat)
        return merged
    if isinstance(base, list) and isinstance(change, list):
        key = _merge_key(base, change)
        if key is not None:
            return _merge_lists(base, change, key, path, source, origins, flat)
    _forget(path, origins)
    return _take(change, path, source, origins, flat)


def _merge_lists(
    base: list[Any], change: list[Any], key: str, path: Path, source: Path,
    origins: dict[Path, Origin], flat: Flat,
) -> list[Any]:  # fmt: skip
    merged = list(base)
    for i, item in enumerate(change):
        at = next((j for j, b in enumerate(base) if b[key] == item[key]), None)
        if at is None:
            at = len(merged)
            merged.append(_take(item, (*path, at), (*source, i), origins, flat))
        else:
            merged[at] = _merge(merged[at], item, (*path, at), (*source, i), origins, flat)
    return merged


def _merge_key(base: list[Any], change: list[Any]) -> str | None:
    items = [*base, *change]
    if not base or not all(isinstance(item, dict) for item in items):
        return None
    for key in MERGE_KEYS:
        if all(key in item for item in items) and _distinct(base, key) and _distinct(change, key):
            return key
    return None


def _distinct(items: list[Any], key: str) -> bool:
    values = [item[key] for item in items]
    return all(value not in values[:i] for i, value in enumerate(values))


def _take(value: Any, path: Path, source: Path, origins: dict[Path, Origin], flat: Flat) -> Any:
    """`value` moved to `path`, with the origins it has below `source` in the patch."""
    origins.pop(path, None)
    if isinstance(value, dict):
        taken = {}
        for key, item in value.items():
            if item is not None:
                taken[key] = _take(item, (*path, key), (*source, key), origins, flat)
        if not taken:
            origins[path] = _any_below(source, flat)
        return taken
    if isinstance(value, list) and value:
        return [_take(v, (*path, i), (*source, i), origins, flat) for i, v in enumerate(value)]
    origins[path] = flat.origins[source]
    return value


def _any_below(source: Path, flat: Flat) -> Origin:
    return next(o for leaf, o in flat.origins.items() if leaf[: len(source)] == source)


def _forget(path: Path, origins: dict[Path, Origin]) -> None:
    for leaf in [p for p in origins if p[: len(path)] == path]:
        del origins[leaf]
