"""An entry of a kustomization that matches none of its resources."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.gitops.patches import UNKNOWN, Patch, merged, operate, operations, selects
from stackgen.checks.gitops.patches import patches as patches_of
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, at, copied, maps, plain, text, texts
from stackgen.findings.model import Place, Severity, Violation, Violations, violation
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record

_SOURCES = ("resources", "bases", "components")
_AFFIXES = ("namePrefix", "nameSuffix")
_GENERATED = ("configMapGenerator", "secretGenerator")
# What brings other resources, and what changes resources in ways that are not followed here.
_OTHERS = ("helmCharts", "helmChartInflationGenerator", "generators", "transformers")
_REWRITES = ("components", "replacements", "configurations")
_LABELED = ("labels", "commonLabels", "commonAnnotations")
_FINISHING = ("namePrefix", "nameSuffix", "namespace", "replicas", *_LABELED)
_LABELS = {"labels", "annotations", "selector", "matchLabels"}
_SCALED = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
_DEPTH = 10


@record
class Made:
    """A resource after the patches of a kustomization.

    names, spaces: its names and namespaces before and after each kustomization. labeled: Kustomize
    has added labels or annotations.
    """

    resource: Resource
    data: Any
    names: frozenset[str]
    spaces: frozenset[str]
    labeled: bool = False


@record
class Folder:
    """What a kustomization makes. open: it may have other resources. found: what is wrong.

    generates: the names of the ConfigMaps and Secrets that it generates. steps: each patched
    resource before its patches, and its data after each of them. index: the kustomization. top: no
    other one contains it.
    """

    made: tuple[Made, ...]
    open: bool
    generates: frozenset[str] = frozenset()
    found: tuple[Violation, ...] = ()
    steps: tuple[tuple[Made, tuple[tuple[Patch, Any], ...]], ...] = ()
    index: Resource | None = None
    top: bool = True


def check(context: Context) -> Violations:
    """Targets and paths of patches, names of replicas and images."""
    for folder in context.once(folders):
        yield from folder.found


def folders(context: Context) -> tuple[Folder, ...]:
    """What each kustomization of the input makes, the same for all of its environments."""
    return (context.bundle.part_of or context.bundle).once(_folders)


def _folders(bundle: Bundle) -> tuple[Folder, ...]:
    # Patches are applied before the namespace and the images of the same kustomization.
    indexes = {os.path.dirname(r.file): r for r in bundle.resources if r.index}
    files: dict[str, list[Resource]] = {}
    for one in bundle.objects:
        files.setdefault(os.path.normpath(one.file), []).append(one)
    done: dict[str, Folder] = {}

    def folder(path: str, depth: int) -> Folder:
        if path not in done:
            done[path] = Folder((), True)  # one that contains itself has nothing
            done[path] = _folder(path, depth)
        return done[path]

    def _folder(path: str, depth: int) -> Folder:
        index = indexes[path]
        made: list[Made] = []
        open_ = depth > _DEPTH or any(index.get(field) for field in _OTHERS)
        generates = frozenset(
            text(one.get("name")) for field in _GENERATED for _, one in maps(index.get(field))
        )
        for entry in entries(index):
            inner = os.path.normpath(os.path.join(path, entry))
            if inner in files:
                made += [_as_written(one) for one in files[inner]]
            elif inner in indexes and depth <= _DEPTH:
                below = folder(inner, depth + 1)
                made += below.made
                open_ |= below.open
                generates |= below.generates
            else:
                open_ = True
        if index.kind == "Component":  # it also changes the resources of what includes it
            open_ |= any(index.get(field) for field in (*_AFFIXES, "namespace"))
            return Folder(tuple(map(_unknown, made)), open_, generates, index=index)
        rewritten = any(index.get(field) for field in _REWRITES)
        found = [*_unused(index, made, open_ or rewritten)] if made else []
        if index.get("components"):  # they change the resources before its patches do
            made = [*map(_unknown, made)]
        before: list[Made] = made
        steps: dict[int, list[tuple[Patch, Any]]] = {}
        for patch in patches_of(index, bundle.patches):
            kind = as_dict(patch.data).get("kind") or patch.target.get("kind")
            hidden = bool(generates) and kind in (None, "ConfigMap", "Secret")
            last = made
            made, wrong = _patched(patch, made, open_ or hidden)
            found += wrong
            for i, (old, new) in enumerate(zip(last, made, strict=True)):
                if new.data is not old.data:
                    steps.setdefault(i, []).append((patch, new.data))
        if any(index.get(field) for field in _OTHERS):
            made = []
        if any(index.get(field) for field in _FINISHING):
            made = [_finished(one, index) for one in made]
        if made and not open_:
            found += _replacements(index, made, generates)
        if rewritten:
            made = [*map(_unknown, made)]
        followed = tuple((before[i], tuple(patched)) for i, patched in steps.items())
        return Folder(tuple(made), open_, generates, tuple(found), followed, index)

    below = {
        os.path.normpath(os.path.join(path, entry))
        for path, index in indexes.items()
        for entry in entries(index)
    }
    return tuple(replace(folder(path, 0), top=path not in below) for path in indexes)


def _as_written(one: Resource) -> Made:
    written = at(one.document.data, *one.base, "metadata", "namespace") if one.document else ""
    return Made(one, one.data, frozenset({one.name}), frozenset({text(written)}))


def entries(index: Resource) -> Iterator[str]:
    """The files and folders that a kustomization names."""
    for field in _SOURCES:
        for entry in as_list(index.get(field)):
            yield str(entry)


def _finished(one: Made, index: Resource) -> Made:
    """A resource after the fields of a kustomization that follow its patches."""
    prefix, suffix = text(index.get("namePrefix")), text(index.get("nameSuffix"))
    names = one.names | {f"{prefix}{name}{suffix}" for name in one.names}
    spaces = one.spaces | ({text(index.get("namespace"))} - {""})
    labeled = one.labeled or any(index.get(field) for field in _LABELED)
    data = one.data
    spec = data.get("spec") if isinstance(data, dict) else None
    for _, entry in maps(index.get("replicas")):
        if isinstance(spec, dict) and text(entry.get("name")) in names:
            scaled = one.resource.kind in _SCALED and "count" in entry
            count = entry.get("count") if scaled else UNKNOWN
            data = {**data, "spec": {**spec, "replicas": count}}
    return Made(one.resource, data, names, spaces, labeled)


def _unknown(one: Made) -> Made:
    return replace(one, data=UNKNOWN)


def _replacements(index: Resource, made: list[Made], generates: frozenset[str]) -> Violations:
    """Sources that are not there, at which Kustomize stops, and targets that select nothing."""
    for i, entry in maps(index.get("replacements")):
        source = as_dict(entry.get("source"))
        if source.get("name") and not _any(source, made, generates):
            yield violation(
                f"no resource is {visible(_called(source))}, so that Kustomize stops",
                Place(index, ("replacements", i, "source")),
                severity=Severity.ERROR,
            )
        for j, target in maps(entry.get("targets")):
            select = as_dict(target.get("select"))
            if select.get("name") and not _any(select, made, generates):
                yield violation(
                    f"no resource is {visible(_called(select))}, so the replacement has no effect",
                    Place(index, ("replacements", i, "targets", j, "select")),
                )


def _any(wanted: dict[str, Any], made: list[Made], generates: frozenset[str]) -> bool:
    """Whether a selector of a replacement may select a resource, or a generated one."""
    if any(name and name in text(wanted.get("name")) for name in generates):
        return True
    patch = Patch(made[0].resource, (), wanted, None)
    return any(selects(patch, one.resource, one.names, one.spaces) is not False for one in made)


def _called(wanted: dict[str, Any]) -> str:
    return f"{text(wanted.get('kind'))} {text(wanted.get('name'))}".strip()


def _patched(patch: Patch, made: list[Made], open_: bool) -> tuple[list[Made], list[Violation]]:
    """The resources after a patch, and why Kustomize cannot apply it."""
    found: list[Violation] = []
    after: list[Made] = []
    meant = False
    for one in made:
        chosen = selects(patch, one.resource, one.names, one.spaces)
        meant |= chosen is not False
        data = one.data
        if chosen and isinstance(patch.data, (dict, list)):
            if isinstance(patch.data, dict):
                data = merged(data, patch.data)
            else:
                data, wrong = _operated(patch, one)
                found = found or wrong
        elif chosen is not False:
            data = UNKNOWN
        names = one.names | _new_names(patch.data) if chosen is not False else one.names
        after.append(replace(one, data=data, names=names))
    if not meant and not open_ and made:
        found += _without_target(patch, made)
    return after, found


def _new_names(patch: Any) -> set[str]:
    """The name that a patch gives, which counts with `allowNameChange`."""
    named = at(patch, "metadata", "name") if isinstance(patch, dict) else ""
    for _, one in operations(patch):
        if one.get("path") == "/metadata/name":
            named = one.get("value")
    return {text(named)} - {""}


def _operated(patch: Patch, one: Made) -> tuple[Any, list[Violation]]:
    data = copied(one.data)
    found: list[Violation] = []
    for i, operation in operations(patch.data):
        word, path = text(operation.get("op")), text(operation.get("path"))
        if not plain(path) or (one.labeled and _LABELS & {*path.split("/")}):
            return UNKNOWN, found
        missing = operate(data, operation)
        if missing:
            said = (
                f"{one.resource.kind} {visible(one.resource.name)} has no {visible(missing)}, so "
                f"that `{word}` of the patch fails"
            )
            place = patch.place(i, "path")
            found.append(violation(said, place, severity=Severity.ERROR))
    return data, found


def _without_target(patch: Patch, made: list[Made]) -> Iterator[Violation]:
    """A patch for a resource that is not there."""
    if patch.target:
        name, kind = text(patch.target.get("name")), text(patch.target.get("kind"))
        if name:
            yield violation(
                f"no resource is {visible(f'{kind} {name}'.strip())}, so the patch has no effect",
                Place(patch.index, (*patch.at, "target")),
            )
    elif isinstance(patch.data, dict):
        meta = patch.data.get("metadata")
        name = text(meta.get("name")) if isinstance(meta, dict) else ""
        kind, version = text(patch.data.get("kind")), text(patch.data.get("apiVersion"))
        if not (name and kind and version and plain(name) and isinstance(meta, dict)):
            return
        same = [one for one in made if one.resource.kind == kind and name in one.names]
        near = ""
        if same and same[0].resource.api_version != version:
            near = f"; there its version is {visible(same[0].resource.api_version)}"
        elif same:
            spaces = ", ".join(sorted(map(visible, same[0].spaces - {""})))
            near = f"; it is in namespace {spaces}" if spaces else "; it has no namespace there"
        space = text(meta.get("namespace"))
        where = f" in namespace {visible(space)}" if space else ""
        yield violation(
            f"no resource is {visible(version)} {visible(kind)} {visible(name)}{where}, so that "
            f"Kustomize stops{near}",
            patch.place("metadata", "name"),
            severity=Severity.ERROR,
        )


def _unused(index: Resource, made: list[Made], open_: bool) -> Violations:
    """Entries of replicas and images that name nothing."""
    for i, entry in maps(index.get("replicas")):
        name = text(entry.get("name"))
        known = [one.names for one in made if one.resource.kind in _SCALED]
        if name and plain(name) and not open_ and not any(name in names for names in known):
            yield violation(
                f"no Deployment or StatefulSet is {visible(name)}, so that Kustomize stops",
                Place(index, ("replicas", i, "name")),
                severity=Severity.ERROR,
            )
    if open_ or not index.get("images"):
        return
    # The objects may have the images that the kustomizations above them set.
    written = [
        at(one.resource.document.data, *one.resource.base)
        for one in made
        if one.resource.document is not None
    ]
    both = [*written, *(one.data for one in made)]
    images = {t for data in both for path, t in texts(data) if path[-1:] == ("image",)}
    names = {re.split(r"[@]|:(?!.*/)", image)[0] for image in images}
    entries = {text(image.get("name")) for _, image in maps(index.get("images"))}
    for i, image in maps(index.get("images")):
        name = text(image.get("name"))
        # The objects are as Kustomize makes them.
        applied = {name, text(image.get("newName"))} & names
        if name and names and all(map(plain, names)) and not applied:
            near = [x for x in sorted(names) if x.rpartition("/")[2] == name.rpartition("/")[2]]
            near = near or [x for x in sorted(names - entries) if _same_project(x, name)]
            if near:
                yield violation(
                    f"no resource has the image {visible(name)}; there is {visible(near[0])}",
                    Place(index, ("images", i, "name")),
                )


def _same_project(one: str, other: str) -> bool:
    """Whether two images are of one project, with names that begin alike: `vllm/vllm-tpu`."""
    (project, _, ours), (owner, _, theirs) = one.rpartition("/"), other.rpartition("/")
    return project == owner != "" and ours.partition("-")[0] == theirs.partition("-")[0]
