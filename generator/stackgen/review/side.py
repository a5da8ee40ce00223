"""The two renders: from folders, from the spec of the working tree, from a commit."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable

from stackgen.catalog.load import Catalog
from stackgen.compiler import OUT, Compiled, Inputs, compile_environment
from stackgen.errors import UsageError
from stackgen.manifest.resource import Resource
from stackgen.review.model import Side
from stackgen.spec.overlays import SPEC_FILE


def of_paths(paths: Iterable[str], name: str = "", catalog: Catalog | None = None) -> Side:
    """Manifests that anyone wrote, read by the rows of `catalog`: the built-in ones unless given.

    Raises UsageError for what cannot be read.
    """
    from stackgen.manifest.collect import collect

    given = tuple(paths)
    collected = collect(given)
    if collected.unreadable or any(p.fatal for _, p in collected.problems):
        raise UsageError(f"{', '.join(given)}: not all of it can be read; `stackgen lint` says why")
    root = given[0] if len(given) == 1 and os.path.isdir(given[0]) else ""
    return Side(
        name or ", ".join(given), collected.bundle.objects, os.path.normpath(root) if root else "",
        catalog=catalog or Catalog(), notes=tuple(collected.notes),
    )  # fmt: skip


def of_spec(root: str, env: str, name: str, inputs: Inputs | None = None) -> Side:
    """What the spec below `root` renders for `env`. Raises UsageError when it has errors.

    inputs: what several sides share.
    """
    compiled = compile_environment(root, env, prove=False, inputs=inputs)
    if compiled.bundle is None:
        raise UsageError(f"{name}: the spec has errors in {env}; `stackgen build` shows them")
    return of_compiled(compiled, name)


def of_compiled(compiled: Compiled, name: str) -> Side:
    """What a compiled environment renders."""
    assert compiled.bundle is not None and compiled.stack is not None
    objects = tuple(r for r in compiled.bundle.objects if r.kind)
    release = compiled.stack.spec.release.value
    return Side(name, objects, f"{OUT}/{compiled.env}", compiled, release, compiled.catalog)


def nothing(name: str, env: str) -> Side:
    """A side on which the environment does not exist."""
    return Side(name, (), f"{OUT}/{env}")


def with_files_below(objects: Iterable[Resource], folder: str, root: str) -> tuple[Resource, ...]:
    """The objects with files named from `root` instead of the folder they were read from."""
    lead = folder.rstrip("/") + "/"
    return tuple(
        dataclasses.replace(
            r, file=f"{root}/{r.file[len(lead) :]}" if root else r.file[len(lead) :]
        )
        if r.file.startswith(lead)
        else r
        for r in objects
    )


def has_spec(root: str) -> bool:
    """Whether a spec stands at `root`."""
    return os.path.isfile(os.path.join(root, SPEC_FILE))
