"""The two renders: from folders, from the spec of the working tree, from a commit."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from stackgen.catalog.load import Catalog
from stackgen.compiler import OUT, Compiled, Inputs, compile_environment
from stackgen.errors import UsageError
from stackgen.manifest.resource import Resource
from stackgen.reading import read_text
from stackgen.review.model import Side
from stackgen.spec.overlays import SPEC_FILE

if TYPE_CHECKING:
    from stackgen.manifest.collect import Collected, Deliverers


def of_paths(
    paths: Iterable[str],
    name: str = "",
    catalog: Catalog | None = None,
    deliverers: Deliverers | None = None,
) -> Side:
    """Manifests that anyone wrote, read by the rows of `catalog`: the built-in ones unless given.

    deliverers: what delivers charts beside Applications and HelmReleases, as `collect` takes it.
    Variables of Flux have their values, as far as these are in the input. Raises UsageError for
    what cannot be read.
    """
    from stackgen.manifest.collect import collect
    from stackgen.rollout.substituted import substituted
    from stackgen.schema.delivered import delivered, united

    given = tuple(paths)
    collected = collect(given, deliverers=deliverers) if deliverers else collect(given)
    if collected.unreadable or any(p.fatal for _, p in collected.problems):
        raise UsageError(f"{', '.join(given)}: not all of it can be read; `stackgen lint` says why")
    root = given[0] if len(given) == 1 and os.path.isdir(given[0]) else ""
    parts = [substituted(part) for part in delivered(collected.bundle)]
    objects = tuple(r for r in united(parts) if not r.index)
    return Side(
        name or ", ".join(given), objects, os.path.normpath(root) if root else "",
        catalog=catalog or Catalog(), notes=tuple(collected.notes), others=_others(collected),
    )  # fmt: skip


def _others(collected: Collected) -> dict[str, str]:
    """What the files hold that are no objects, and of which objects follow: values of charts,
    patches, kustomizations, scripts.
    """
    scripts = (*collected.scripts, *collected.removing)
    found = {one.name: _without_comments(one.text) for one in scripts}
    for name in collected.parts:
        try:
            found[name] = read_text(name)
        except UsageError:
            continue  # a part that cannot be read is the business of `stackgen lint`
    indexes = (one for one in collected.bundle.resources if one.index)
    for one in (*collected.settings, *indexes):
        found[one.file] = found.get(one.file, "") + repr(one.data)
    return found


def _without_comments(script: str) -> str:
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))


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
