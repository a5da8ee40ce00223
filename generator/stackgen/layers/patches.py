"""Pod templates and patches of the spec: merged by the keys that Kubernetes merges lists by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from stackgen.facts.shape import at
from stackgen.manifest.document import Path, show_path
from stackgen.manifest.merge_keys import merge_key
from stackgen.manifest.resource import Resource
from stackgen.origin import Flat, Origin, computed, flatten
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.prefill import PREFILL
from stackgen.platforms.model import PICKER_TEMPLATES, TemplatePlace
from stackgen.platforms.registry import rendering_of
from stackgen.record import record
from stackgen.render.endpoint_picker import picker_name
from stackgen.render.model_pod import FOLDER
from stackgen.spec.model import Patch

_OF_SERVERS = ("startupProbe", "livenessProbe", "readinessProbe", "lifecycle", "ports")


@record
class Missed:
    """Something in a patch that changes nothing. path: its place in the spec."""

    path: Path
    message: str


class _Work:
    """One object while it is patched: where its leaves came from, and what had no effect."""

    def __init__(self, flat: Flat, resource: Resource) -> None:
        self.flat = flat
        self.origins = dict(resource.origins)
        self.absent = dict(resource.absent)
        self.missed: dict[Path, str] = {}


def apply_patches(
    resources: list[Resource], patches: tuple[Patch, ...]
) -> tuple[list[Resource], list[Missed]]:
    """The resources with every patch merged, and what in the patches changes nothing."""
    missed: list[Missed] = []
    for patch in patches:
        target = patch.target
        what = f"{target.kind.value} {target.name.value}"
        hits = [i for i, r in enumerate(resources) if not r.index and _is_target(r, patch)]
        if not hits:
            place = target.name.origin.path
            missed.append(Missed(place, f"the patch for {what} meets no rendered object"))
        for i in hits:
            base = patch.patch.origin.path
            patched, idle = _patched(resources[i], patch)
            if (wrong := _lost(resources[i], patched)) is not None:
                missed.append(
                    Missed(base, f"the patch changes {wrong} of {what}; it stays as it is")
                )
                continue
            resources[i] = patched
            missed += [
                Missed((*base, *path), f"{what} has no {name} to remove")
                for path, name in idle.items()
            ]
    return resources, missed


def apply_templates(resources: list[Resource], plan: Plan) -> list[Missed]:
    """Merge the Pod templates of the spec into their objects; what in them changes nothing."""
    missed: list[Missed] = []
    for what, trees, places_in in _templates(plan):
        given = trees[-1]
        for i, resource in enumerate(resources):
            places = places_in(resource)
            for tree in trees if places else ():
                idle = _templated(resources, i, tree, places)
                missed += [
                    Missed(
                        (*given.origin.path, *path),
                        f"the Pod template of {what} has no {field} to remove",
                    )
                    for path, field in idle.items()
                ]
    return missed


Places = tuple[TemplatePlace, ...]


def _templates(
    plan: Plan,
) -> Iterator[tuple[str, tuple[Any, ...], Callable[[Resource], Places]]]:
    """Whose Pods, what to merge into their template in this order, and where objects have it."""
    for model in plan.servers:
        name, selector = str(model.spec.name.value), model.spec.selector
        labels = {} if selector.value is None else {"metadata": {"labels": selector}}
        within = partial(_within, model, rendering_of(plan).templates)
        yield name, (labels, model.spec.template), within
    for model in plan.models:
        name, picker = str(model.spec.name.value), str(picker_name(model).value)
        of_picker = partial(_of_picker, picker)
        yield f"the endpoint picker of {name}", (model.spec.picker.template,), of_picker


def _of_picker(name: str, resource: Resource) -> Places:
    here = (resource.layer, resource.name) == (FOLDER, name)
    return PICKER_TEMPLATES.get(resource.kind, ()) if here else ()


def _templated(
    resources: list[Resource], number: int, tree: Any, places: tuple[TemplatePlace, ...]
) -> dict[Path, str]:
    """Merge a Pod template into the object at a position; what in it changes nothing."""
    flat = flatten(tree, Origin("rule", "template", "a Pod template of the spec"))
    resource = resources[number]
    work = _Work(flat, resource)
    data: Any = resource.data
    # The only Pod of a group is of the template that workers otherwise have.
    leads = [p for p in places if not p.worker and p.source != p.target]
    if leads and all(at(data, *place.target) is None for place in leads):
        places = tuple(replace(p, worker=False) for p in places if p not in leads)
    for place in places:
        part = at(flat.data, *place.source)
        if not isinstance(part, dict) or (place.worker and at(data, *place.target) is None):
            continue
        change = _without_probes(part) if place.worker else part
        data = _merge_at(data, place.target, change, (), place.source, work)
    resources[number] = replace(resource, data=data, origins=work.origins, absent=work.absent)
    return work.missed


def _within(model: ModelPlan, templates: Mapping[str, Places], resource: Resource) -> Places:
    """Where an object has the Pod template of a model's servers; empty for one without it."""
    if resource.layer != FOLDER:
        return ()
    beside = resource.name == model.service.value  # decode servers, and prefill within their object
    inner = beside and model.role == PREFILL
    if not inner and resource.name != model.spec.name.value:
        return ()
    places = templates.get(resource.kind, ())
    return tuple(place for place in places if place.prefill == inner)


def _merge_at(data: Any, target: Path, change: Any, path: Path, source: Path, work: _Work) -> Any:
    """`change` merged into what `data` has at `target`."""
    if not target:
        return _merge(data, change, path, source, work)
    inner = _merge_at(data.get(target[0], {}), target[1:], change, (*path, target[0]), source, work)
    return {**data, target[0]: inner}


def _without_probes(part: Any) -> Any:
    """The part of a Pod template for Pods that answer no requests."""
    if isinstance(part, dict):
        return {k: _without_probes(v) for k, v in part.items() if k not in _OF_SERVERS}
    return [_without_probes(item) for item in part] if isinstance(part, list) else part


def _lost(before: Resource, after: Resource) -> str | None:
    """What a patch may not change: it would be another object, or none at all."""
    if not isinstance(after.data, dict) or not isinstance(after.data.get("metadata"), dict):
        return "metadata"
    same = {
        "apiVersion": (before.data.get("apiVersion"), after.data.get("apiVersion")),
        "kind": (before.kind, after.data.get("kind")),
        "metadata.name": (before.name, after.data["metadata"].get("name")),
        "metadata.namespace": (before.namespace or None, after.data["metadata"].get("namespace")),
    }
    return next((name for name, (old, new) in same.items() if old != new), None)


def _is_target(resource: Resource, patch: Patch) -> bool:
    target = patch.target
    return (
        resource.kind == target.kind.value
        and resource.name == target.name.value
        and target.namespace.value in (None, resource.namespace)
    )


def _patched(resource: Resource, patch: Patch) -> tuple[Resource, dict[Path, str]]:
    target = patch.target
    rule = Origin("rule", "patch", "asked for in the spec")
    tree = computed(
        "patch", rule.why, lambda *_: patch.patch,
        target.kind, target.name, target.namespace,
    )  # fmt: skip
    flat = flatten(tree, rule)
    work = _Work(flat, resource)
    data = _merge(resource.data, flat.data, (), (), work)
    return replace(resource, data=data, origins=work.origins, absent=work.absent), work.missed


def _merge(base: Any, change: Any, path: Path, source: Path, work: _Work) -> Any:
    if isinstance(base, dict) and isinstance(change, dict):
        return _merge_maps(base, change, path, source, work)
    if isinstance(base, list) and isinstance(change, list):
        key = merge_key(base, change)
        if key is not None:
            return _merge_lists(base, change, key, path, source, work)
    _forget(path, work)
    return _take(change, path, source, work)


def _merge_maps(
    base: dict[str, Any], change: dict[str, Any], path: Path, source: Path, work: _Work
) -> dict[str, Any]:
    merged = dict(base)
    for key, item in change.items():
        here, there = (*path, key), (*source, key)
        if item is None:
            if key not in merged:
                work.missed[there] = show_path(here)
            merged.pop(key, None)
            _forget(here, work)
            work.absent[here] = work.flat.origins[there]
        elif key in merged:
            merged[key] = _merge(merged[key], item, here, there, work)
        else:
            merged[key] = _take(item, here, there, work)
    # An empty map is a leaf, a filled one is none.
    if merged:
        work.origins.pop(path, None)
    elif base:
        work.origins[path] = work.flat.origins[*source, next(reversed(change))]
    return merged


def _merge_lists(
    base: list[Any], change: list[Any], key: str, path: Path, source: Path, work: _Work
) -> list[Any]:
    merged = list(base)
    for i, item in enumerate(change):
        at = next((j for j, b in enumerate(base) if b[key] == item[key]), None)
        if at is None:
            at = len(merged)
            merged.append(_take(item, (*path, at), (*source, i), work))
        else:
            merged[at] = _merge(merged[at], item, (*path, at), (*source, i), work)
    return merged


def _take(value: Any, path: Path, source: Path, work: _Work) -> Any:
    """`value` moved to `path`, with the origins it has below `source` in the patch."""
    if isinstance(value, dict) and value:
        taken = {}
        for key, item in value.items():
            if item is None:
                work.missed[*source, key] = show_path((*path, key))
            else:
                taken[key] = _take(item, (*path, key), (*source, key), work)
        if not taken:
            work.origins[path] = work.flat.origins[*source, next(iter(value))]
        return taken
    if isinstance(value, list) and value:
        return [_take(v, (*path, i), (*source, i), work) for i, v in enumerate(value)]
    work.origins[path] = work.flat.origins[source]
    return value


def _forget(path: Path, work: _Work) -> None:
    for leaf in [p for p in work.origins if p[: len(path)] == path]:
        del work.origins[leaf]
