"""The steps of Argo CD: Applications, those of an ApplicationSet in its order, and their waves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from stackgen.facts.application_sets import filled
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.own_repository import of_another
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.rollout.applied import Folders
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Gate, Key, Need, Step, key_of

GROUP = "argoproj.io"
WAVE = "argocd.argoproj.io/sync-wave"
HOOK = "argocd.argoproj.io/hook"
_PHASES = {"PreSync": -1, "PostSync": 1, "SyncFail": 2, "PostDelete": 2}
_CALLED = {-1: "PreSync ", 1: "PostSync ", 2: "SyncFail "}
_FINALIZER = "resources-finalizer.argocd.argoproj.io"


@record
class _App:
    """An Application. path: where the object, or the set that makes it, says so. leaves: the
    setting that keeps its objects when it goes.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    spec: Mapping[str, Any]
    resource: Resource
    path: Path = ()
    leaves: str = ""


def steps(folders: Folders, kinds: Kinds) -> list[Step]:
    """The Applications that apply objects of the bundle, each wave a step."""
    found: list[Step] = []
    for resource in folders.objects:
        if resource.group != GROUP:
            continue
        if resource.kind == "Application":
            metadata = resource.metadata
            app = _App(
                resource.name, resource.namespace, as_dict(metadata.get("labels")),
                as_dict(resource.get("spec")), resource, leaves=_kept_by_application(metadata),
            )  # fmt: skip
            if _applies(app, folders) is not None:
                found += _waves(app, (), folders, kinds)
        elif resource.kind == "ApplicationSet":
            found += _of_set(resource, folders, kinds)
    return found


def paths(folders: Folders) -> list[str]:
    """The paths that Applications and the elements of sets apply."""
    apps = [
        as_dict(r.get("spec")) for r in folders.objects
        if (r.group, r.kind) == (GROUP, "Application")
    ]  # fmt: skip
    sets = [r for r in folders.objects if (r.group, r.kind) == (GROUP, "ApplicationSet")]
    apps += [dict(app.spec) for one in sets for app in _made(one)]
    return [text(at(source, "path")) for app in apps for source in _sources(app)]


def _of_set(resource: Resource, folders: Folders, kinds: Kinds) -> Iterator[Step]:
    apps = list(_made(resource))
    rolling = as_list(resource.get("spec", "strategy", "rollingSync", "steps"))
    if text(resource.get("spec", "strategy", "type")) != "RollingSync" or not rolling:
        for app in apps:
            yield from _waves(app, (), folders, kinds)
        return
    before: tuple[str, ...] = ()
    left = list(apps)
    for i, one in enumerate(rolling):
        chosen = [app for app in left if _selected(one, app.labels)]
        left = [app for app in left if app not in chosen]
        at_path = ("spec", "strategy", "rollingSync", "steps", i)
        for app in chosen:
            yield from _waves(replace(app, path=at_path), before, folders, kinds)
        before = tuple(app.name for app in chosen) or before
    for app in left:
        for step in _waves(app, (), folders, kinds):
            what = "a step of the RollingSync: no step selects its labels, so it is never synced"
            path = ("spec", "strategy", "rollingSync", "steps")
            yield replace(step, lacks=Need("never", what, path, rule="rollout-order"))


def _made(resource: Resource) -> Iterator[_App]:
    """The Applications that a set makes of its lists; other generators read the cluster."""
    template = as_dict(resource.get("spec", "template"))
    for i, generator in maps(resource.get("spec", "generators")):
        for j, element in maps(at(generator, "list", "elements")):
            made = filled(template, element)
            yield _App(
                text(at(made, "metadata", "name")), resource.namespace,
                as_dict(at(made, "metadata", "labels")), as_dict(made.get("spec")), resource,
                ("spec", "generators", i, "list", "elements", j), _kept_by_set(resource),
            )  # fmt: skip


def _kept_by_application(metadata: Mapping[str, Any]) -> str:
    """Without the finalizer, only the Application is deleted, and not what it applied."""
    finalizers = [text(one) for one in as_list(metadata.get("finalizers"))]
    kept = not any(one.startswith(_FINALIZER) for one in finalizers)
    return f"no finalizer {_FINALIZER}" if kept else ""


def _kept_by_set(resource: Resource) -> str:
    """A set gives its Applications the finalizer, unless it says otherwise."""
    if resource.get("spec", "syncPolicy", "preserveResourcesOnDeletion") is True:
        return "preserveResourcesOnDeletion: true"
    allowed = text(resource.get("spec", "syncPolicy", "applicationsSync"))
    return f"applicationsSync: {allowed}" if allowed in ("create-only", "create-update") else ""


def _selected(step: Any, labels: Mapping[str, str]) -> bool:
    for one in as_list(at(step, "matchExpressions")):
        value, values = labels.get(text(at(one, "key"))), as_list(at(one, "values"))
        inside = value in values
        if inside != (text(at(one, "operator")) == "In"):
            return False
    return True


def _applies(app: _App, folders: Folders) -> tuple[Resource, ...] | None:
    """The objects of the Application; None when all of them are in other repositories."""
    found = [_of_source(source, folders) for source in _sources(app.spec)]
    known = [one for one in found if one is not None]
    return tuple(r for one in known for r in one) if known else None


def _of_source(source: Any, folders: Folders) -> tuple[Resource, ...] | None:
    """What the folder of a source applies: the files that its patterns choose."""
    path = text(at(source, "path"))
    if of_another(source, folders.repository):
        return None
    # Without this setting Argo CD reads the files of the folder alone.
    found = folders.below(path, at(source, "directory", "recurse") is True)
    wanted, unwanted = (text(at(source, "directory", word)) for word in ("include", "exclude"))
    if found is None or not (wanted or unwanted):
        return found
    root = f"/{path.strip('./')}/"
    return tuple(
        one for one in found
        if (not wanted or _matches(one, root, wanted))
        and not (unwanted and _matches(one, root, unwanted))
    )  # fmt: skip


def _matches(resource: Resource, root: str, pattern: str) -> bool:
    """Whether a pattern of Argo CD, perhaps with alternatives in braces, names the file."""
    inside = f"/{resource.file}".rpartition(root)[2]
    before, _, rest = pattern.partition("{")
    words, closed, after = rest.partition("}")
    options = words.split(",") if closed else [""]
    end = after if closed else rest
    return any(fnmatchcase(inside, f"{before}{option.strip()}{end}") for option in options)


def _sources(spec: Mapping[str, Any]) -> list[Any]:
    """The sources of an Application that are folders of manifests."""
    found = [spec.get("source"), *as_list(spec.get("sources"))]
    return [one for one in found if text(at(one, "path")) and not at(one, "helm")]


def _waves(app: _App, after: tuple[str, ...], folders: Folders, kinds: Kinds) -> Iterator[Step]:
    applies = _applies(app, folders)
    waves: dict[tuple[int, int], list[Resource]] = {}
    for resource in applies or ():
        waves.setdefault(wave_of(resource), []).append(resource)
    ordered = sorted(waves) or [(0, 0)]
    space = text(at(app.spec, "destination", "namespace"))
    automated = as_dict(at(app.spec, "syncPolicy", "automated"))
    options = [text(o) for o in as_list(at(app.spec, "syncPolicy", "syncOptions"))]
    for wave in ordered:
        last = wave == ordered[-1]
        phase = _CALLED.get(wave[0], "")
        name = app.name if last else f"{app.name}, {phase}wave {wave[1]}"
        members = tuple(waves.get(wave, ()))
        yield Step(
            name, app.name, "argocd", app.resource, after, members,
            tuple(_gates(members, kinds)),
            path=app.path, remote=applies is None,
            key=Key(GROUP, "Application", app.namespace, app.name) if last else None,
            prune=last and automated.get("prune") is True and "Prune=false" not in options,
            prune_last="PruneLast=true" in options,
            leaves=app.leaves,
            creates=frozenset({space}) if "CreateNamespace=true" in options else frozenset(),
            reach=kinds.engine("argocd", "wave_seconds"),
            usual_reach=kinds.engine("argocd", "wave_seconds"),
        )  # fmt: skip
        after = (name,)


def wave_of(resource: Resource) -> tuple[int, int]:
    """Phase and wave of an object."""
    annotations = as_dict(resource.metadata.get("annotations"))
    hooks = [_PHASES.get(h.strip(), 0) for h in text(annotations.get(HOOK)).split(",")]
    wave = text(annotations.get(WAVE)).strip()
    return max(hooks), int(wave) if re.fullmatch(r"[+-]?[0-9]{1,9}", wave) else 0


def _gates(resources: Iterable[Resource], kinds: Kinds) -> Iterator[Gate]:
    """Argo CD waits for the health of everything; a kind it cannot judge is healthy when there."""
    for resource in resources:
        kind = kinds.of(resource.group, resource.kind)
        if kind.argocd != "none" or not kind.condition:
            yield Gate(key_of(resource), True, kind.condition)
