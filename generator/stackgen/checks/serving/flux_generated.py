"""Files from which Kustomize generates ConfigMaps, in what Flux substitutes variables."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from stackgen.checks.composed import is_step_changed
from stackgen.checks.context import Context
from stackgen.facts.generated_config import content
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_FLUX = "kustomize.toolkit.fluxcd.io"
_SUBSTITUTE = f"{_FLUX}/substitute"
_FILES = 200  # of one run


def generated_files(context: Context) -> Iterator[tuple[Resource, Path, str, set[str]]]:
    """The kustomization, where it names the file, the text, and the variables that Flux knows.

    A kustomization belongs to the Kustomization of Flux with the longest path above it. Left out
    are those whose variables are not all in the file of the Kustomization.
    """
    steps = [
        (posixpath.normpath(text(step.get("spec", "path")) or "."), step)
        for step in context.bundle.of_kind("Kustomization", _FLUX)
    ]
    left = _FILES
    for index in context.bundle.resources if steps else ():
        if not index.index or not index.get("configMapGenerator"):
            continue
        folder = posixpath.dirname(posixpath.normpath(index.file))
        above = [(path, step) for path, step in steps if path and f"/{path}/" in f"/{folder}/"]
        longest = max((len(path) for path, _ in above), default=0)
        nearest = [step for path, step in above if len(path) == longest]
        given = [as_dict(step.get("spec", "postBuild")) for step in nearest]
        changed = any(is_step_changed(context, step) for step in nearest)
        if changed or not given or not all(one.get("substitute") for one in given):
            continue
        if any(one.get("substituteFrom") for one in given):
            continue
        known = {str(name) for one in given for name in as_dict(one["substitute"])}
        for path, file in _files(index):
            left -= 1
            written = content(index, file) if left > 0 else ""
            if "${" in written:
                yield index, path, written, known


def _files(index: Resource) -> Iterator[tuple[Path, str]]:
    """The files of generators that do not turn substitution off."""
    if _off(as_dict(index.get("generatorOptions"))) or _SUBSTITUTE in repr(index.get("patches")):
        return
    if any(_SUBSTITUTE in repr(index.get(word)) for word in ("commonAnnotations", "labels")):
        return
    for i, generator in maps(index.get("configMapGenerator")):
        if not _off(as_dict(generator.get("options"))):
            for j, entry in enumerate(as_list(generator.get("files"))):
                file = text(entry).rpartition("=")[2]
                if file and not posixpath.isabs(file):
                    yield ("configMapGenerator", i, "files", j), file


def _off(options: Mapping[str, object]) -> bool:
    return any(at(options, field, _SUBSTITUTE) == "disabled" for field in ("annotations", "labels"))
