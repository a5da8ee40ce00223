"""Folders whose objects Kustomize changes: what their files say is not what is applied."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.regex import regex

# What makes the objects of a folder others than its files say, in a kustomization.
_CHANGES = (
    "configMapGenerator", "secretGenerator", "namePrefix", "nameSuffix", "components",
    "helmCharts", "generators", "transformers",
)  # fmt: skip
_FLUX = "kustomize.toolkit.fluxcd.io"
_DELIVERIES = {"Kustomization", "HelmRelease"}
# What changes objects of any kind, and patches with a target.
_REWRITES = ("replacements", "components", "transformers", "patchesStrategicMerge")
_PATCHES = ("patches", "patchesJson6902")
# What brings objects that no file of the folder shows, and what also gives them other names.
_BRINGS = ("helmCharts", "helmChartInflationGenerator", "generators", "transformers")
_OPENS = (*_BRINGS, "namePrefix", "nameSuffix", "components")
_LISTS = ("resources", "bases", "components")
# A file that a project publishes, as an entry of `resources`.
_RELEASE = regex(r"https?://[^?]+\.ya?ml(?:\?|\Z)")
# One that has CustomResourceDefinitions only.
_DEFINITIONS = regex(
    r"/gateway-api(?:-inference-extension)?/releases/download/|/crds?/|/crds?(?:\?|\Z)"
    r"|crds?[\w.-]*\.ya?ml(?:\?|\Z)"
)
_KIND = regex(r"(?m)^kind:[ \t]*([A-Za-z0-9]+)[ \t]*$")
_MOST_AFFIXES = 50  # of one folder


@record
class Together:
    """What Kustomize applies with the objects of a folder.

    folders: of all kustomizations that are applied together. brings: they bring objects that the
    input does not show. open: they do, or they change objects or their names. placed: one of them
    sets the namespace. labels: the keys of labels that they add. affixes: what is put before and
    after the names of the objects of the folder, by each kustomization that is applied. releases:
    all that they bring is in files of other projects, such as definitions, and no folders. given:
    those that have the folder give its objects a namespace, perhaps each another one.
    """

    folders: frozenset[str]
    brings: bool
    open: bool
    placed: bool
    labels: frozenset[str]
    affixes: frozenset[tuple[str, str]] = frozenset()
    releases: bool = False
    given: bool = False


def together(context: Context, resource: Resource) -> Together | None:
    """What is applied with an object; None if no kustomization has it."""
    if resource.is_rendered:
        return None
    return context.once(_together).get(os.path.dirname(resource.file))


def gives_label(context: Context, resource: Resource, key: str) -> bool:
    """Whether kustomizations may give an object, or its Pods, a label, or change its value."""
    world = together(context, resource)
    if world is None:
        return False
    if world.brings or key in world.labels:
        return True
    indexes = [one for one in context.bundle.resources if one.index]
    own = [one for one in indexes if os.path.dirname(one.file) in world.folders]
    said = [str(one.get(word)) for one in own for word in (*_REWRITES, *_PATCHES) if one.get(word)]
    # As a key of YAML or JSON, or in the path of a JSON patch.
    step = re.escape(key.replace("/", "~1"))
    named = re.compile(rf"(?<![\w./-]){re.escape(key)}[\\\"']*\s*:|/{step}\b")
    return any(named.search(one) for one in said) or any(
        named.search(patch.source.text) for patch in context.bundle.patches
    )


def may_be_patched(context: Context, resource: Resource) -> bool:
    """Whether a kustomization may change fields of an object, but for its labels and namespace."""
    world = together(context, resource)
    if world is None or world.brings:
        return is_composed(context, resource)
    if resource.kind in context.once(_patched):
        return True
    known = context.once(_kinds_patched)
    kinds = [known[folder] for folder in world.folders if folder in known]
    return any(found is None or resource.kind in found for found in kinds)


def _kinds_patched(context: Context) -> dict[str, frozenset[str] | None]:
    """By folder, the kinds for which its kustomization has patches; None if it may be any."""
    found: dict[str, frozenset[str] | None] = {}
    files = frozenset(
        text(as_dict(patch.data).get("kind")) for patch in context.bundle.patches if patch.data
    )
    for index in context.bundle.resources:
        if not index.index:
            continue
        here = os.path.dirname(index.file)
        targets = [
            kind
            for word in _PATCHES
            for _, one in maps(index.get(word))
            if (kind := kind_patched(one)) is not None
        ]
        rewrites = any(index.get(word) for word in _REWRITES if word != "components")
        plain = all(target.isalnum() for target in targets)
        found[here] = frozenset(targets) | files if plain and not rewrites else None
    return found


def kind_patched(patch: Mapping[str, Any]) -> str | None:
    """The kind for which an entry of `patches` is; None if that is in a file of its own."""
    target = as_dict(patch.get("target"))
    if target or not (patch.get("path") or patch.get("patch")):
        return text(target.get("kind"))
    found = _KIND.findall(text(patch.get("patch")))
    return found[0] if len(found) == 1 else None if patch.get("path") else ""


def file_of(resource: Resource) -> str:
    """The file in which an object is written."""
    return resource.written.file if resource.written and resource.is_rendered else resource.file


def folder(resource: Resource) -> str:
    """The folder of the file in which an object is written."""
    return os.path.dirname(file_of(resource))


def in_one_set(context: Context, one: Resource, other: Resource) -> bool:
    """Whether two objects without a namespace are applied to the same one, as far as is known.

    They are in one folder, or a kustomization has both.
    """
    beside = os.path.dirname(one.file) == os.path.dirname(other.file)
    return beside or applied_with(context, one, other)


def applied_with(context: Context, one: Resource, other: Resource) -> bool:
    """Whether two objects are in one file, or a kustomization has both.

    A folder without a kustomization may hold alternatives.
    """
    world = together(context, one)
    within = world is not None and os.path.dirname(other.file) in world.folders
    return one.file == other.file or within


def _together(context: Context) -> dict[str, Together]:
    """By folder. A base belongs to all kustomizations above it, and to what these contain."""
    indexes = {os.path.dirname(r.file): r for r in context.bundle.resources if r.index}
    holding = {os.path.dirname(r.file) for r in context.bundle.objects} | indexes.keys()
    files = {os.path.normpath(r.file) for r in context.bundle.objects}
    below: dict[str, set[str]] = {}
    above: dict[str, set[str]] = {}
    changes: set[str] = set()
    unseen: set[str] = set()
    fetches: set[str] = set()
    for here, index in indexes.items():
        if any(index.get(word) for word in _OPENS):
            changes.add(here)
        if any(index.get(word) for word in _BRINGS):
            unseen.add(here)
        for entry in (one for word in _LISTS for one in as_list(index.get(word))):
            path = os.path.normpath(os.path.join(here, str(entry)))
            if path in holding:
                below.setdefault(here, set()).add(path)
                above.setdefault(path, set()).add(here)
            elif path in files and os.path.dirname(path) != here:
                below.setdefault(here, set()).add(os.path.dirname(path))
                above.setdefault(os.path.dirname(path), set()).add(here)
            elif path not in files and not ("//" in str(entry) and _DEFINITIONS.search(str(entry))):
                (fetches if _RELEASE.match(str(entry)) else unseen).add(here)
    found = {}
    known: dict[str, frozenset[tuple[str, str]]] = {}
    for here in holding & (indexes.keys() | above.keys()):
        over = _reached({here}, above)
        all_of = _reached(over, below)
        own = [indexes[folder] for folder in all_of if folder in indexes]
        placed = any(index.get("namespace") for index in own)
        labels = frozenset(key for index in own for key in _labels(index))
        releases = unseen.isdisjoint(all_of)
        brings = not (releases and fetches.isdisjoint(all_of))
        open_ = brings or not changes.isdisjoint(all_of)
        affixes = _affixes(here, indexes, above, known)
        given = any(indexes[folder].get("namespace") for folder in over & indexes.keys())
        found[here] = Together(
            frozenset(all_of), brings, open_, placed, labels, affixes, releases, given
        )
    return found


def _affixes(
    here: str,
    indexes: Mapping[str, Resource],
    above: Mapping[str, set[str]],
    known: dict[str, frozenset[tuple[str, str]]],
) -> frozenset[tuple[str, str]]:
    """What each chain of kustomizations from a folder upwards puts around names."""
    if here not in known:
        known[here] = frozenset({("", "")})  # of a circle
        index = indexes.get(here)
        own = ("", "")
        if index is not None:
            own = (text(index.get("namePrefix")), text(index.get("nameSuffix")))
        found = set() if above.get(here) else {own}
        for folder in sorted(above.get(here, ())):
            for before, after in _affixes(folder, indexes, above, known):
                found.add((before + own[0], own[1] + after))
        known[here] = frozenset(sorted(found)[:_MOST_AFFIXES])
    return known[here]


def _labels(index: Resource) -> Iterator[str]:
    """The keys of the labels that a kustomization adds."""
    yield from as_dict(index.get("commonLabels"))
    for _, one in maps(index.get("labels")):
        yield from as_dict(one.get("pairs"))


def _reached(begin: set[str], steps: dict[str, set[str]]) -> set[str]:
    found, rest = set(begin), list(begin)
    while rest:
        new = steps.get(rest.pop(), set()) - found
        found |= new
        rest += new
    return found


def template_labels(context: Context, resource: Resource) -> dict[str, str]:
    """The labels that kustomizations put on the Pod templates of what a file holds."""
    if resource.is_rendered:
        return {}
    known = context.once(_labeling)
    found: dict[str, str] = {}
    for path in (os.path.normpath(resource.file), os.path.dirname(resource.file)):
        found.update(known.get(path, {}))
    return found


def _labeling(context: Context) -> dict[str, dict[str, str]]:
    """By file and folder: what the kustomizations that name it add, and those above them."""
    own: dict[str, dict[str, str]] = {}
    below: dict[str, set[str]] = {}
    for index in context.bundle.resources:
        if not index.index:
            continue
        here = os.path.dirname(index.file)
        given = dict(as_dict(index.get("commonLabels")))
        for _, one in maps(index.get("labels")):
            if one.get("includeTemplates") is True or one.get("includeSelectors") is True:
                given.update(as_dict(one.get("pairs")))
        own[here] = {text(key): text(value) for key, value in given.items()}
        for word in _LISTS:
            for entry in as_list(index.get(word)):
                path = os.path.normpath(os.path.join(here, str(entry)))
                below.setdefault(here, set()).add(path)
    found: dict[str, dict[str, str]] = {}
    for here, labels in own.items():
        for path in _reached({here}, below) if labels else ():
            found.setdefault(path, {}).update(labels)
    return found


def is_composed(context: Context, resource: Resource) -> bool:
    """Whether Kustomize makes other objects of the folder of `resource` than its files show."""
    return not resource.is_rendered and os.path.dirname(resource.file) in context.once(_folders)


def is_listed(context: Context, resource: Resource) -> bool:
    """Whether Kustomize reads the file, because a kustomization names it."""
    return not resource.is_rendered and os.path.normpath(resource.file) in context.once(_listed)


def is_left_out(context: Context, resource: Resource) -> bool:
    """Whether the kustomization of its folder lists files, and none lists that of the object."""
    folder = os.path.dirname(resource.file)
    return (
        not resource.is_rendered
        and resource.file.endswith((".yaml", ".yml", ".json"))  # a script applies its own objects
        and folder in context.once(_listing)
        and not is_listed(context, resource)
    )


def _listing(context: Context) -> frozenset[str]:
    """The folders of kustomizations that list files beside them, and generate nothing of files."""
    return frozenset(
        os.path.dirname(index.file)
        for index in context.bundle.resources
        if index.index
        and index.group in ("", "kustomize.config.k8s.io")
        and any(str(one).endswith((".yaml", ".yml")) for one in as_list(index.get("resources")))
        and not any(index.get(word) for word in _BRINGS)
    )


def _listed(context: Context) -> frozenset[str]:
    """What kustomizations name as resources."""
    return frozenset(
        os.path.normpath(os.path.join(os.path.dirname(index.file), str(entry)))
        for index in context.bundle.resources
        if index.index
        for entry in as_list(index.get("resources"))
    )


def is_step_changed(context: Context, step: Resource) -> bool:
    """Whether Kustomize or Flux changes a Kustomization of Flux before it is applied."""
    world = together(context, step)
    folders = world.folders if world is not None else frozenset()
    return step.kind in context.once(_patched) or not folders.isdisjoint(context.once(_rewritten))


def _rewritten(context: Context) -> frozenset[str]:
    """The folders with kustomizations that may change Kustomizations of Flux."""
    return frozenset(
        os.path.dirname(index.file)
        for index in context.bundle.resources
        if index.index and (any(index.get(word) for word in _REWRITES) or _reaches(index))
    )


def _reaches(index: Resource) -> bool:
    """Whether a patch may be for a Kustomization of Flux."""
    targets = [as_dict(p.get("target")) for w in _PATCHES for _, p in maps(index.get(w))]
    return any(target.get("kind") in (None, "", ".*", "Kustomization") for target in targets)


def is_completed(context: Context, resource: Resource) -> bool:
    """Whether an overlay, or the namespace of a kustomization, adds to what a file says."""
    folder = os.path.dirname(resource.file)
    return is_composed(context, resource) or (
        not resource.is_rendered
        and (folder in context.once(_named) or resource.kind in context.once(_patched))
    )


def _patched(context: Context) -> frozenset[str]:
    """The kinds of Flux that a Kustomization of the input patches in all that it applies."""
    found: set[str] = set()
    for one in context.bundle.of_kind("Kustomization", _FLUX):
        for _, patch in maps(one.get("spec", "patches")):
            kind = as_dict(patch.get("target")).get("kind")
            found.update(_DELIVERIES if kind in (None, "", ".*") else {str(kind)})
    return frozenset(found & _DELIVERIES)


def _named(context: Context) -> frozenset[str]:
    """The folders of components, and of kustomizations that set the namespace."""
    return frozenset(
        os.path.dirname(index.file)
        for index in context.bundle.resources
        if index.index and (index.get("namespace") or index.kind == "Component")
    )


def _folders(context: Context) -> frozenset[str]:
    """The folders whose objects Kustomize changes, or adds others to.

    A folder that other kustomizations refer to is a base: the objects that it names may be there.
    """
    found: set[str] = set()
    for index in context.bundle.resources:
        if not index.index or index.document is None:
            continue
        here = os.path.dirname(index.file)
        if any(index.get(word) for word in _CHANGES):
            found.add(here)
        for word in ("resources", "bases", "components"):
            for entry in as_list(index.get(word)):
                if isinstance(entry, str) and "://" not in entry:
                    found.add(os.path.normpath(os.path.join(here, entry)))
    return frozenset(found)
