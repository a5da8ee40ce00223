"""An LLMInferenceService together with the configs of its baseRefs, where the bundle has all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stackgen.facts.shape import as_dict, as_list, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.kserve.merge import KEYS, shared
from stackgen.platforms.kserve.names import CONFIG_KIND, KIND
from stackgen.platforms.kserve.release import GROUP
from stackgen.record import record


@record
class Based:
    """services: put together, by the id of the service. configs: ids of those that are in them."""

    services: Mapping[int, Resource]
    configs: frozenset[int]


def based(bundle: Bundle) -> Based:
    """The services whose configs are all in the bundle, in their own namespace."""
    return bundle.once(_based)


def _based(bundle: Bundle) -> Based:
    known: dict[tuple[str, str], list[Resource]] = {}
    for config in bundle.of_kind(CONFIG_KIND, GROUP):
        known.setdefault((config.namespace, config.name), []).append(config)
    found, used = dict[int, Resource](), set[int]()
    for service in bundle.of_kind(KIND, GROUP) if known else ():
        refs = [text(as_dict(one).get("name")) for one in as_list(service.get("spec", "baseRefs"))]
        layers = [known.get((service.namespace, name), []) for name in refs]
        if refs and all(len(layer) == 1 for layer in layers):
            below = [layer[0] for layer in layers]
            found[id(service)] = _together(service, below)
            used.update(map(id, below))
    return Based(found, frozenset(used))


def _together(service: Resource, below: list[Resource]) -> Resource:
    spec: dict[str, Any] = {}
    for layer in (*below, service):
        spec = shared(spec, as_dict(layer.get("spec")))
    merged = replace(service, data={**service.data, "spec": spec})
    layers = [service, *reversed(below)]
    return replace(merged, pieces=lambda path: _written(merged.data, path, layers))


def _written(data: Any, path: Path, layers: list[Resource]) -> tuple[Resource, Path]:
    """Where a path of the merged object stands: in the highest layer that has most of it."""
    found = [(layer, _same(data, layer.data, path)) for layer in layers]
    layer, where = max(found, key=lambda one: len(one[1]))  # of several, the first
    return layer, (*where, *path[len(where) :])


def _same(data: Any, other: Any, path: Path) -> Path:
    """As much of the path as the other object has; the items of lists are those of one key."""
    where: list[str | int] = []
    key = ""
    for step in path:
        if isinstance(step, int):
            items, item = as_list(other), as_list(data)[step]
            name = as_dict(item).get(key) if key else None
            at = next((i for i, one in enumerate(items) if _is(one, item, key, name)), -1)
            if at < 0:
                break
            where.append(at)
            data, other = item, items[at]
        elif isinstance(other, dict) and step in other:
            where.append(step)
            data, other, key = as_dict(data).get(step), other[step], KEYS.get(step, "")
        else:
            break
    return tuple(where)


def _is(one: Any, item: Any, key: str, name: Any) -> bool:
    return bool(as_dict(one).get(key) == name) if name is not None else bool(one == item)
