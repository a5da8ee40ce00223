"""The patches of a kustomization, inline and in files, and what they make of its resources."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stackgen.facts.shape import as_dict, as_list, copied, maps, plain, text
from stackgen.findings.model import Place
from stackgen.manifest.document import Document, Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.record import record
from stackgen.schema.regex import whole

# A value that a merge made, of which not all is known.
UNKNOWN: Any = ...
_FIELDS = ("patchesStrategicMerge", "patches", "patchesJson6902")
_ALWAYS = ("metadata", "annotations")  # Kustomize itself adds annotations


@record
class Patch:
    """One document of a patch. at: the entry of the kustomization. document: None if inline."""

    index: Resource
    at: Path
    target: Mapping[str, Any]
    data: Any
    document: Document | None = None

    def place(self, *path: str | int) -> Place:
        """A place in the patch; of an inline one, the patch."""
        if self.document is None:
            inline = isinstance(self.index.get(*self.at), dict)
            return Place(self.index, (*self.at, "patch") if inline else self.at)
        source = self.document.source
        return Place(file=source.name, text=source.text, mark=self.document.marks().at(path))


def patches(index: Resource, files: Sequence[Document]) -> Iterator[Patch]:
    """The patches in the order of Kustomize. files: the documents of the files with patches."""
    folder = os.path.dirname(index.file)
    for field in _FIELDS:
        for i, entry in enumerate(as_list(index.get(field))):
            said = as_dict(entry) or {"path" if "\n" not in str(entry) else "patch": entry}
            inline, path = text(said.get("patch")), text(said.get("path"))
            file = os.path.normpath(os.path.join(folder, path)) if path else ""
            target, at = as_dict(said.get("target")), (field, i)
            read = [d for d in files if file and os.path.normpath(d.source.name) == file]
            given = (
                parse(inline, "patch", learning=False)
                if plain(inline.replace("$patch:", ""))
                else []
            )
            for document in given:
                yield Patch(index, at, target, UNKNOWN if document.problems else document.data)
            for document in read:
                yield Patch(index, at, target, document.data, document)
            if not given and not read:
                yield Patch(index, at, target, UNKNOWN)


def selects(
    patch: Patch, one: Resource, names: frozenset[str], spaces: frozenset[str]
) -> bool | None:
    """Whether a patch is for an object; None if that is not known.

    Kustomize takes the values of a target as regular expressions for the whole.
    """
    target = patch.target
    if not target and isinstance(patch.data, dict):
        meta = as_dict(patch.data.get("metadata"))
        same = (patch.data.get("apiVersion"), patch.data.get("kind")) == (one.api_version, one.kind)
        return (
            same
            and meta.get("name") in names
            and _named(meta.get("namespace")) in {*map(_named, spaces)}
        )
    if any(not isinstance(value, str) or not plain(value) for value in target.values()):
        return None
    known = {"name": names, "kind": {one.kind}, "group": {one.group}, "version": {one.version}}
    known["namespace"] = {*spaces, *map(_named, spaces)}
    for field, values in known.items():
        wanted = target.get(field)
        try:
            if wanted and not any(whole(wanted, value) for value in values):
                return False
        except ValueError:
            return None
    return None if {"labelSelector", "annotationSelector"} & {*target} else True


def _named(space: Any) -> str:
    return str(space or "default")


# Merge keys of lists in the Pod specs of built-in kinds, and lists that are replaced.
_WHOLE = "*"
_MERGE_KEYS = {
    "containers": "name", "initContainers": "name", "env": "name", "volumes": "name",
    "volumeMounts": "mountPath", "args": _WHOLE, "command": _WHOLE,
}  # fmt: skip


def merged(data: Any, patch: Any, key: str = "") -> Any:
    """A value after a strategic merge patch.

    Of lists of objects, those of a Pod whose items have a name are known. key: of such a list.
    """
    if data is UNKNOWN or "$patch" in as_dict(patch):
        return UNKNOWN
    if isinstance(data, dict) and isinstance(patch, dict):
        return {
            **data,
            **{one: merged(data.get(one), value, _of_pod(one)) for one, value in patch.items()},
        }
    if key and isinstance(data, list) and isinstance(patch, list) and "$patch" not in str(patch):
        return _merged_items(data, patch, key)
    listed = isinstance(data, list) and data
    return UNKNOWN if patch is None or listed or "$patch" in str(patch) else copied(patch)


def _of_pod(field: str) -> str:
    return _MERGE_KEYS.get(field, "")


def _merged_items(data: list[Any], patch: list[Any], key: str) -> Any:
    """The items of a list by their key; the new ones come last here. Strings are replaced."""
    if key == _WHOLE:
        return copied(patch)
    names = [as_dict(one).get(key) for one in data]
    more = [as_dict(one).get(key) for one in patch]
    if None in (*names, *more) or UNKNOWN in data:
        return UNKNOWN
    given = dict(zip(more, patch, strict=True))
    kept = [
        merged(one, given[n]) if n in given else one for n, one in zip(names, data, strict=True)
    ]
    return [*kept, *(copied(one) for name, one in given.items() if name not in names)]


def operate(data: Any, operation: Mapping[str, Any]) -> str:
    """Carry out one operation of a JSON patch in place; the path that is missing, or nothing."""
    word, path = text(operation.get("op")), text(operation.get("path"))
    parts = [p.replace("~1", "/").replace("~0", "~") for p in path.split("/")[1:]]
    if not parts or tuple(parts[:2]) == _ALWAYS:
        return ""
    here = data
    for i, part in enumerate(parts[:-1]):
        below = _below(here, part)
        if below is None:
            if isinstance(here, dict):
                here[part] = UNKNOWN  # is said once
            return "/" + "/".join(parts[: i + 1])
        here = below
    last = parts[-1]
    if here is UNKNOWN or word not in ("add", "replace", "remove", "test"):
        return ""
    whole = "/" + "/".join(parts)
    value = UNKNOWN if word in ("move", "copy") else operation.get("value")
    if isinstance(here, dict):
        # Kustomize adds a field that `replace` does not find.
        if word in ("remove", "test") and last not in here:
            return whole
        if word == "remove":
            del here[last]
        elif word != "test":
            here[last] = copied(value)
        return ""
    if not isinstance(here, list):
        return whole
    at = len(here) if last == "-" else _index(here, last, len(here) + (word == "add"))
    if at is None or (last == "-" and word != "add"):
        return whole
    if word == "add":
        here.insert(at, copied(value))
    elif word == "remove":
        del here[at]
    elif word == "replace":
        here[at] = copied(value)
    return ""


def _below(data: Any, part: str) -> Any:
    """The value below a part of a path; None if there is none."""
    if data is UNKNOWN:
        return UNKNOWN
    if isinstance(data, dict):
        return data.get(part)
    at = _index(data, part, len(data)) if isinstance(data, list) else None
    return None if at is None else data[at]


def _index(items: list[Any], part: str, end: int) -> int | None:
    """The index that a part of a path means: negative ones count from the end."""
    if not part.removeprefix("-").isdecimal() or len(part) > 9:
        return None
    at = int(part)
    at = at + len(items) if at < 0 else at
    return at if 0 <= at < end else None


def operations(data: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The operations of a JSON patch, each with its index."""
    yield from maps(data) if isinstance(data, list) else ()
