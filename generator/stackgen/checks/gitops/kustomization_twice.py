"""A kustomization that reaches one object in two ways, which Kustomize refuses."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from stackgen.checks.context import Context
from stackgen.checks.gitops.patches import UNKNOWN, patches
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource

_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS = ("resources", "bases")
# What may give an object another name, or remove it, before the two meet.
_RENAMES = ("namePrefix", "nameSuffix", "components", "transformers", "replacements")
_NAMED = ("/metadata/name", "/metadata/namespace")
_CLUSTER = frozenset({
    "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "GatewayClass", "IngressClass",
    "PriorityClass", "StorageClass",
})  # fmt: skip
_DEPTH = 10
_WAYS = 2_000  # that one kustomization has to objects

# Group, kind, namespace and name, after what the kustomizations on the way change.
_Id = tuple[str, str, str, str]


def check(context: Context) -> Violations:
    """One finding for each entry of a kustomization."""
    bundle = context.bundle
    indexes = {
        os.path.dirname(one.file): one
        for one in bundle.resources
        if one.index and os.path.basename(one.file) in _NAMES and one.kind != "Component"
    }
    files: dict[str, list[Resource]] = {}
    for one in bundle.objects if indexes else ():
        files.setdefault(os.path.normpath(one.file), []).append(one)
    for index in indexes.values():
        entries = list(_entries(index))
        if len(entries) < 2:
            continue
        seen: dict[tuple[_Id, str], str] = {}
        for path, entry in entries:
            found = list(_reached(entry, (), indexes, files, bundle))
            twice = [(one, seen[key]) for key, one in found[:_WAYS] if key in seen]
            if twice:
                one, other = twice[0]
                more = f" and {len(twice) - 1} more" if len(twice) > 1 else ""
                yield violation(
                    f"{visible(os.path.relpath(other, os.path.dirname(index.file) or '.'))} has "
                    f"{one.kind} {visible(one.name)}{more}, too",
                    Place(index, path),
                )
            for key, _ in found:
                seen.setdefault(key, entry)


def _entries(index: Resource) -> Iterator[tuple[Path, str]]:
    folder = os.path.dirname(index.file)
    for word in _LISTS:
        for i, entry in enumerate(as_list(index.get(word))):
            if text(entry) and "://" not in text(entry):
                yield (word, i), os.path.normpath(os.path.join(folder, text(entry)))


def _reached(
    entry: str,
    way: tuple[Resource, ...],
    indexes: Mapping[str, Resource],
    files: Mapping[str, list[Resource]],
    bundle: Bundle,
) -> Iterator[tuple[tuple[_Id, str], Resource]]:
    """The objects of an entry: the id in the end with the file, and the object."""
    index = indexes.get(entry)
    if index is not None and len(way) < _DEPTH:
        if not any(index.get(word) for word in _RENAMES):
            for _, inner in _entries(index):
                yield from _reached(inner, (*way, index), indexes, files, bundle)
        return
    for one in files.get(entry, ()):
        if one.name and not any(_changes(bundle, step, one) for step in way):
            yield (_id(one, way), entry), one


def _id(one: Resource, way: Sequence[Resource]) -> _Id:
    """The outermost namespace wins. That of Kustomize is the name of a Namespace, too."""
    space = next((text(step.get("namespace")) for step in way if step.get("namespace")), "")
    # The object is judged with the namespace that a kustomization of the input gives it.
    written = one.document.data if one.document is not None else one.data
    metadata = as_dict(as_dict(at(written, *one.base)).get("metadata"))
    name, own = text(metadata.get("name")), text(metadata.get("namespace"))
    if one.kind == "Namespace":
        return one.group, one.kind, "", space or name
    if one.kind in _CLUSTER:
        return one.group, one.kind, "", name
    return one.group, one.kind, space or own, name


def _changes(bundle: Bundle, step: Resource, one: Resource) -> bool:
    """Whether a patch may rename or remove an object."""
    for patch in patches(step, bundle.patches):
        kind = text(patch.target.get("kind"))
        if patch.target and kind and kind != one.kind:
            continue
        options = as_dict(as_dict(step.get(*patch.at)).get("options"))
        if (
            patch.data is UNKNOWN
            or options.get("allowNameChange")
            or options.get("allowKindChange")
        ):
            return True
        operations = [text(op.get("path")) for _, op in maps(patch.data)]
        if any(path.startswith(_NAMED) for path in operations):
            return True
        data = as_dict(patch.data)
        if "$patch" in data and data.get("kind") in (None, one.kind):
            return True
    return False
