"""A file or a folder that no delivery of the repository applies, beside others that are applied."""

from __future__ import annotations

import os
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import delivery_paths, is_named
from stackgen.checks.serving.deliveries import delivered
from stackgen.escape import visible
from stackgen.facts.shape import as_list, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Bundle, Resource
from stackgen.regex import regex

_LEAST = 2  # that are applied beside it, before it is odd that one is not
# Deliveries have a rule of their own, and the others are often applied by hand.
_OTHERS = frozenset(
    {"HelmRelease", "Application", "ApplicationSet", "Kustomization", "Secret", "Job", "Pod"}
)
_ON_PURPOSE = regex(
    r"(?i)exampl|sampl|disabl|templat|tests?\b|\bold\b|backup|archiv|deprecat|unused|attic|draft"
    r"|manual|optional|\bdev|stag|prod|\bqa\b|sandbox|local|preview|debug|demo|secret"
)


def check(context: Context) -> Violations:
    """One finding for each file and folder, where the input has all that is delivered."""
    if context.plan is not None or not delivered(context).whole:
        return  # what is rendered lists what it applies; a bootstrap applies the rest
    indexes = {os.path.dirname(r.file): r for r in context.bundle.resources if r.index}
    unlisted, left = list(_files(context, indexes)), list(_folders(context, indexes))
    written = _texts(context.bundle.part_of or context.bundle) if unlisted or left else []
    for one, index, patches in unlisted:
        name = os.path.basename(one.file)
        # What is generated of a file often has its name with another word.
        near = name.rpartition(".")[0] in _text(index)
        if not near and not any(name in other for file, other in written if file != one.file):
            what = "changes" if patches else "has"
            yield violation(
                f"nothing applies {visible(name)}, which {what} {one.kind} {visible(one.name)}: "
                f"{visible(os.path.basename(index.file))} in its folder does not list it",
                Place(one, ("kind",)),
                Place(index, (), note="the kustomization"),
            )
    for folder, index in left:
        name = os.path.basename(folder)
        others = [x for file, x in written if not file.startswith(f"{folder}/")]
        said = any(f"{name}/" in _text(one) for one in indexes.values() if one is not index)
        if not said and not any(folder in other for other in others):
            yield violation(
                f"nothing applies the folder {visible(folder)}; the folders beside it are applied",
                Place(index, ("resources",), key=True),
            )


def _text(index: Resource) -> str:
    return index.document.source.text if index.document is not None else ""


def _files(
    context: Context, indexes: dict[str, Resource]
) -> Iterator[tuple[Resource, Resource, bool]]:
    """Files that the kustomization of their folder does not list, and whether they are patches."""
    files, told = delivered(context).files, set[str]()
    for one in context.bundle.objects:
        folder = os.path.dirname(one.file)
        index = indexes.get(folder)
        if index is None or one.file in files | told or one.kind in _OTHERS:
            continue
        listed = [text(entry) for entry in as_list(index.get("resources"))]
        beside = [
            entry for entry in listed if os.path.normpath(os.path.join(folder, entry)) in files
        ]
        applied = is_named(context, index) or len(beside) >= _LEAST
        if not applied or _ON_PURPOSE.search(os.path.basename(one.file)):
            continue
        same = context.bundle.named(one.kind, one.namespace, one.name)
        patches = any(x.file in files for x in (*same, *_unplaced(context, one)))
        if patches or len(beside) >= _LEAST:
            told.add(one.file)
            yield one, index, patches


def _unplaced(context: Context, one: Resource) -> Iterator[Resource]:
    """The object of the same name of another file, where a patch names no namespace."""
    for other in context.bundle.of_kind(one.kind):
        if other.name == one.name and other.file != one.file and not one.namespace:
            yield other


def _folders(context: Context, indexes: dict[str, Resource]) -> Iterator[tuple[str, Resource]]:
    """Folders with a kustomization of which nothing is applied, among those that are."""
    if not all(map(plain, delivery_paths(context))):
        return  # a name that is filled in may be that of any folder
    applied = {os.path.dirname(file) for file in delivered(context).files}
    applied |= {folder for folder, index in indexes.items() if is_named(context, index)}
    above: dict[str, set[str]] = {}
    for folder in applied:
        parts = folder.split("/")
        for i in range(1, len(parts)):
            above.setdefault("/".join(parts[:i]), set()).add(parts[i])
    named = {
        os.path.normpath(os.path.join(folder, text(entry)))
        for folder, index in indexes.items()
        for field in ("resources", "bases", "components")
        for entry in as_list(index.get(field))
    }
    for folder, index in indexes.items():
        parent, _, name = folder.rpartition("/")
        beside = above.get(parent, set())
        usual = not _ON_PURPOSE.search(folder) and index.kind != "Component"
        odd = usual and bool(parent) and name not in beside and len(beside) >= _LEAST
        if odd and folder not in named and index.get("resources"):
            yield folder, index


def _texts(bundle: Bundle) -> list[tuple[str, str]]:
    """The files of the input, which may mention another one, such as in a comment."""
    found: dict[int, tuple[str, str]] = {}
    for one in (*bundle.resources, *bundle.settings, *bundle.outside):
        if one.document is not None:
            found[id(one.document.source)] = one.file, one.document.source.text
    return list(found.values())
