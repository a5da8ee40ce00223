"""The steps of Flux: its Kustomizations, as they are rendered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import at, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.rollout.applied import Folders
from stackgen.rollout.durations import seconds
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Gate, Key, Step, key_of

GROUP = "kustomize.toolkit.fluxcd.io"
KIND = "Kustomization"
_MIRROR = "MirrorPrune"  # the default of deletionPolicy: as `prune` says


def steps(folders: Folders, kinds: Kinds) -> list[Step]:
    """Every Kustomization as a step, in the order of the objects."""
    found = [r for r in folders.objects if (r.group, r.kind) == (GROUP, KIND)]
    return [_step(one, folders, kinds) for one in found]


def paths(folders: Folders) -> list[str]:
    """The paths that Kustomizations apply."""
    found = [r for r in folders.objects if (r.group, r.kind) == (GROUP, KIND)]
    return [text(one.get("spec", "path")) for one in found]


def step_name(namespace: str, name: str) -> str:
    """What a Kustomization is called as a step: its name, which is unique in its namespace."""
    return name if namespace in ("", "flux-system") else f"{namespace}/{name}"


def _step(resource: Resource, folders: Folders, kinds: Kinds) -> Step:
    applies = folders.below(text(resource.get("spec", "path")))
    interval = seconds(resource.get("spec", "interval")) or 0
    name = step_name(resource.namespace, resource.name)
    return Step(
        name, name, "flux", resource,
        after=tuple(
            step_name(text(one.get("namespace")) or resource.namespace, text(one.get("name")))
            for _, one in maps(resource.get("spec", "dependsOn"))
        ),
        applies=applies or (),
        gates=tuple(_gates(resource, applies or (), kinds)),
        remote=applies is None,
        prune=resource.get("spec", "prune") is True,
        timeout=seconds(resource.get("spec", "timeout")) or interval,
        retry=seconds(resource.get("spec", "retryInterval")) or interval,
        interval=interval,
        reach=kinds.requeue(),
        usual_reach=kinds.engine("flux", "requeue_seconds"),
        source=_source(resource),
        key=key_of(resource),
        leaves=_leaves(resource),
    )  # fmt: skip


def _leaves(resource: Resource) -> str:
    """The setting that keeps the objects when the Kustomization is deleted; empty for none."""
    if resource.get("spec", "suspend") is True:
        return "suspend: true"
    policy = text(resource.get("spec", "deletionPolicy")) or _MIRROR
    if policy == _MIRROR:
        return "" if resource.get("spec", "prune") is True else "prune: false"
    return "deletionPolicy: Orphan" if policy == "Orphan" else ""


def _source(resource: Resource) -> Key:
    ref = resource.get("spec", "sourceRef")
    return Key(
        "source.toolkit.fluxcd.io", text(at(ref, "kind")),
        text(at(ref, "namespace")) or resource.namespace, text(at(ref, "name")),
    )  # fmt: skip


def _gates(resource: Resource, applies: tuple[Resource, ...], kinds: Kinds) -> Iterator[Gate]:
    """With `wait` everything it applies; else `healthChecks`, which `wait` overrides."""
    guards = _guards(resource)

    def gate(key: Key, path: Path) -> Gate:
        kind = kinds.of(key.group, key.kind)
        guarded = (key.group, key.kind) in guards or kind.flux == "waits"
        return Gate(key, guarded, kind.condition, path, not guarded and kind.flux == "never")

    if resource.get("spec", "wait") is True:
        yield from (gate(key_of(one), ("spec", "wait")) for one in applies)
        return
    for i, check in maps(resource.get("spec", "healthChecks")):
        key = Key(
            _group(check), text(check.get("kind")), text(check.get("namespace")),
            text(check.get("name")),
        )  # fmt: skip
        path: Path = ("spec", "healthChecks", i)
        yield gate(key, path)
        for one in applies if renames(resource) else ():
            if (one.group, one.kind) == (key.group, key.kind):
                yield gate(key_of(one), path)


def renames(resource: Resource) -> bool:
    """Whether a patch of a Kustomization gives objects another name."""
    return any(
        "/metadata/name" in text(patch.get("patch"))
        for _, patch in maps(resource.get("spec", "patches"))
    )


def _guards(resource: Resource) -> set[tuple[str, str]]:
    """The kinds with an expression that waits for their status."""
    return {
        (_group(one), text(one.get("kind")))
        for _, one in maps(resource.get("spec", "healthCheckExprs"))
        if text(one.get("current"))
    }


def _group(data: dict[str, Any]) -> str:
    return text(data.get("apiVersion")).rpartition("/")[0]
