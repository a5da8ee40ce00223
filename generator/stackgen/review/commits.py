"""A side as it is in a commit: `out/` where it is committed, else what the spec there renders."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from stackgen.catalog.load import Catalog
from stackgen.compiler import OUT, Compiled, compile_environment, overlay_of
from stackgen.errors import UsageError
from stackgen.findings import config
from stackgen.manifest.excluded import REPOSITORY
from stackgen.record import record
from stackgen.review.git import SHORT, Repository
from stackgen.review.model import Side
from stackgen.review.side import nothing, of_compiled, of_paths, with_files_below
from stackgen.spec.overlays import SPEC_FILE

if TYPE_CHECKING:
    from stackgen.manifest.collect import Deliverers

# What the compiler reads beside the spec, unless the spec names a file of its own.
_INPUTS = (SPEC_FILE, config.FILE, "overlays", *config.FOLDERS)


@record
class Commit:
    """A commit to compare with. words: what it is called."""

    repository: Repository
    id: str
    words: str


def commit_of(folder: str, ref: str, *, exact: bool = False) -> Commit:
    """The commit that `ref` names or, unless `exact`, where the current branch left it."""
    repository = Repository(folder)
    named = repository.commit(ref)
    if exact:
        return Commit(repository, named, ref)
    base = repository.merge_base(named)
    return Commit(
        repository, base, ref if base == named else f"{ref}, as of {base[:SHORT]} (merge-base)"
    )


def environments_at(commit: Commit) -> set[str]:
    """The environments that a commit has, in `out/` or as overlays."""
    files = commit.repository.files(commit.id, (OUT, "overlays"))
    found = {p.split("/")[1] for p in files if p.startswith(f"{OUT}/") and p.count("/") > 1}
    return found | {
        p.split("/")[1] for p in files if p.startswith("overlays/") and p.endswith(f"/{SPEC_FILE}")
    }


def environment_at(commit: Commit, env: str) -> Side:
    """One environment as it is in a commit."""
    repository, folder = commit.repository, f"{OUT}/{env}"
    rendered = repository.files(commit.id, (folder,))
    with tempfile.TemporaryDirectory(prefix="stackgen-") as place:
        compiled = _compiled(commit, env, place)
        if rendered:
            side = _tree(commit, rendered, folder, place)
            name = f"{commit.words}, {folder} as committed"
            side = dataclasses.replace(side, name=name, compiled=compiled)
            if compiled is None or compiled.stack is None:
                return side
            release = compiled.stack.spec.release.value
            return dataclasses.replace(side, release=release, catalog=compiled.catalog)
    if compiled is None:
        return nothing(f"{commit.words}, without {env}", env)
    if compiled.bundle is None:
        raise UsageError(
            f"{commit.words}: {folder} is not committed, and its stack.yaml has errors as this "
            "stackgen reads it"
        )
    return of_compiled(compiled, f"{commit.words}, rendered from its stack.yaml")


def path_at(
    commit: Commit,
    path: str,
    catalog: Catalog | None = None,
    deliverers: Deliverers | None = None,
) -> Side:
    """A file or folder of manifests as it is in a commit, read as `of_paths` does."""
    files = commit.repository.files(commit.id, (path,))
    root = os.path.normpath(path)
    name = f"{commit.words}, {path}"
    with tempfile.TemporaryDirectory(prefix="stackgen-") as place:
        side = _tree(commit, files, root, place, deliverers)
    return dataclasses.replace(side, name=name, catalog=catalog or Catalog())


def _tree(
    commit: Commit,
    files: dict[str, str],
    root: str,
    place: str,
    deliverers: Deliverers | None = None,
) -> Side:
    """The manifests among `files`, by the names they have in the repository."""
    folder = os.path.join(os.path.realpath(place), "tree")
    _write(commit, files, folder)
    top = os.path.join(folder, root)
    if not os.path.lexists(top):
        return Side("", (), root)
    try:
        side = of_paths((top,), deliverers=deliverers)
    except UsageError as error:
        raise UsageError(str(error).replace(f"{folder}/", f"{commit.words}: ")) from None
    objects = with_files_below(side.objects, folder, "")
    lead = folder.rstrip("/") + "/"
    others = {file.removeprefix(lead): text for file, text in side.others.items()}
    return Side("", objects, root if os.path.isdir(top) else "", others=others)


def _write(commit: Commit, files: dict[str, str], folder: str, top: str = "") -> None:
    """The files of the commit, below `folder`, or at least below `top`."""
    for name, content in commit.repository.contents(files).items():
        # Git itself takes no `..` into a tree; this is for trees that were made by hand.
        file = os.path.normpath(os.path.join(folder, name))
        if not file.startswith((top or folder) + os.sep):
            raise UsageError(f"{commit.words}: {name} leads out of the repository")
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as stream:
            stream.write(content)


def _compiled(commit: Commit, env: str, place: str) -> Compiled | None:
    """The environment as its spec describes it there; None when the commit has none of it."""
    top = os.path.join(os.path.realpath(place), "spec")
    below = commit.repository.prefix()
    folder = os.path.normpath(os.path.join(top, below))
    above = [f"{'../' * (n + 1)}{config.FILE}" for n in range(below.count("/"))]
    files = commit.repository.files(commit.id, (*_INPUTS, *above))
    if SPEC_FILE not in files:
        return None
    _write(commit, files, folder, top)
    os.makedirs(os.path.join(top, REPOSITORY))  # no config file above it is of the commit
    try:
        return _in_folder(commit, env, folder, files, top)
    except UsageError:
        return None


def _in_folder(
    commit: Commit, env: str, folder: str, files: Mapping[str, str], top: str
) -> Compiled | None:
    """The environment in `folder`, which has the commit's spec; it gets what the spec names.

    top: the folder of the whole repository.
    """
    named = config.named_folders(folder)
    _write(commit, commit.repository.files(commit.id, named) if named else {}, folder, top)
    overlay = overlay_of(folder, env)
    if overlay is None and any(f.startswith("overlays/") for f in files):
        return None
    _write(commit, commit.repository.files(commit.id, _named(folder, overlay)), folder)
    return compile_environment(folder, env, prove=False)


def _named(folder: str, overlay: str | None) -> Iterable[str]:
    """Files that the spec names, such as a model's config.json, when they are in the commit."""
    from stackgen.spec.load import load

    try:
        loaded = load(folder, SPEC_FILE, overlay)
    except UsageError:
        return (SPEC_FILE,)
    inside = [os.path.normpath(name) for name in loaded.configs]
    return (SPEC_FILE, *(n for n in inside if not n.startswith(("..", "/"))))
