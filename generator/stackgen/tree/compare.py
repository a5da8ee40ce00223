"""How a folder differs from what would be written there, and which of its files are stackgen's."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from stackgen.cache import seen
from stackgen.errors import UsageError
from stackgen.manifest.yaml_out import HEADER
from stackgen.reading import head
from stackgen.record import record
from stackgen.tree import lock
from stackgen.tree.system import is_folder, is_there

Files = Mapping[str, bytes]
MAX_LOCK_BYTES = 16 * 1024 * 1024


@record
class Changes:
    """How a folder differs from what would be written. Paths relative to the folder, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(folder: str, files: Files, is_ours: Callable[[str], bool] | None = None) -> Changes:
    """What writing `files` to `folder` would change. Raises UsageError where it must not write.

    is_ours: whether the file at a path, which no lock lists, was made by stackgen; by its header
    unless given.
    """
    try:
        return _compare(folder, files, is_ours or has_header)
    except OSError as error:
        where = os.path.relpath(str(error.filename or folder), folder)
        raise UsageError(f"{show(folder, where)}: {reason(error)}") from None


def _compare(folder: str, files: Files, is_ours: Callable[[str], bool]) -> Changes:
    check_folder(folder)
    there = dict(present(folder))
    owned = listed(folder)
    _check_parents(folder, files, there)
    added, changed, removed = [], [], []
    for name, content in files.items():
        if name not in there:
            added.append(name)
        elif os.path.islink(there[name]):
            raise UsageError(f"{show(folder, name)}: is a link; stackgen would write here")
        elif not _holds(folder, name, content):
            if name not in owned and not is_ours(there[name]):
                raise UsageError(
                    f"{show(folder, name)}: was not made by stackgen; move it away, or remove it"
                )
            changed.append(name)
    for name in there:
        if name not in files and name in owned:
            removed.append(name)
    return Changes(tuple(sorted(added)), tuple(sorted(changed)), tuple(sorted(removed)))


def left_over(out: str, environments: Iterable[str]) -> list[str]:
    """The folders of `out` that stackgen made for environments that the spec does not have.

    Raises UsageError when `out` cannot be read.
    """
    known = set(environments)
    seen.names(out)
    try:
        names = sorted(os.listdir(out))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UsageError(f"{os.path.basename(out)}: {reason(error)}") from None
    for name in names:
        seen.name(os.path.join(out, name, lock.NAME))
    return [
        name
        for name in names
        if name not in known and not name.startswith(".")
        and not os.path.islink(os.path.join(out, name))
        and os.path.lexists(os.path.join(out, name, lock.NAME))
    ]  # fmt: skip


def check_folder(folder: str) -> None:
    """Raises UsageError unless `folder` and the one above are folders, or not there."""
    out = os.path.dirname(folder)
    for path, name in ((out, os.path.basename(out)), (folder, show(folder))):
        if os.path.islink(path):
            raise UsageError(f"{name}: is a link; stackgen would write here")
        if is_there(path) and not is_folder(path):
            raise UsageError(f"{name}: is not a folder")


def present(folder: str) -> Iterator[tuple[str, str]]:
    """Every file and link below `folder`: its relative name with `/`, and its path.

    Raises UsageError for a folder that cannot be read.
    """

    def unreadable(error: OSError) -> None:
        raise UsageError(f"{show(folder)}: {error.filename}: {reason(error)}") from None

    seen.names(folder)
    if not is_folder(folder):
        return
    for here, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        for inner in folders:
            seen.names(os.path.join(here, inner))
        links = [n for n in folders if os.path.islink(os.path.join(here, n))]
        for name in sorted([*names, *links]):
            path = os.path.join(here, name)
            yield os.path.relpath(path, folder).replace(os.sep, "/"), path


def listed(folder: str) -> frozenset[str]:
    """What the lock of a folder lists, and the lock. Raises UsageError for one too large."""
    content = head(os.path.join(folder, lock.NAME), MAX_LOCK_BYTES + 1)
    if content is None:
        return frozenset()
    if len(content) > MAX_LOCK_BYTES:
        limit = f"{MAX_LOCK_BYTES // 1024 // 1024} MiB"
        raise UsageError(f"{show(folder, lock.NAME)}: is larger than {limit}")
    return lock.owned_files(content) | {lock.NAME}


def has_header(path: str) -> bool:
    """Whether a file begins as those that stackgen writes."""
    header = HEADER.encode()
    return head(path, len(header)) == header


def reason(error: OSError) -> str:
    """What the system says, as part of a sentence."""
    return (error.strerror or str(error)).lower()


def show(folder: str, name: str = "") -> str:
    """The path as a user knows it: `out/<env>/<name>`."""
    out, env = os.path.split(folder)
    return "/".join(filter(None, (os.path.basename(out), env, name)))


def _check_parents(folder: str, files: Files, there: Mapping[str, str]) -> None:
    """No file or link stands where a folder is needed, and no folder where a file is."""
    for name in files:
        if name not in there and is_folder(os.path.join(folder, name)):
            raise UsageError(f"{show(folder, name)}: is a folder; stackgen writes a file here")
        steps = name.split("/")
        for i in range(1, len(steps)):
            parent = "/".join(steps[:i])
            if parent in there:
                raise UsageError(
                    f"{show(folder, parent)}: is not a folder; stackgen writes files below it"
                )


def _holds(folder: str, name: str, content: bytes) -> bool:
    return head(os.path.join(folder, *name.split("/")), len(content) + 1) == content
