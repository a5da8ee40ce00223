"""The folder as it is to become, prepared beside the one that is there.

Files that stay are hard links to those that are there, so they keep their dates and modes. What
stackgen did not make is in both folders until the exchange is over.
"""

from __future__ import annotations

import errno
import os
import stat

from stackgen.errors import UsageError
from stackgen.record import record
from stackgen.tree import lock
from stackgen.tree.compare import Changes, Files, present, show
from stackgen.tree.system import is_folder, mount_points, sync_folder, write_file

# Tells the prepared folder from the one that it replaces, wherever a copy of both may lie.
MARK = ".stackgen-staged"
# What a file system answers that has no hard links, or a kernel for the file of another user.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}

Identity = tuple[int, int]  # time of the last change in nanoseconds, and size


@record
class Replacement:
    """What is to become of one folder. No files: what stackgen made there goes away."""

    folder: str
    files: Files
    changes: Changes


def check(one: Replacement) -> None:
    """Raises UsageError for a folder that cannot be exchanged as a whole."""
    if not is_folder(one.folder):
        return
    for place in mount_points(one.folder):
        name = os.path.relpath(place, os.path.realpath(one.folder))
        shown = show(one.folder, "" if name == "." else name)
        raise UsageError(f"{shown}: is a mount point; stackgen replaces out/ENV as a whole")
    for here, _, _ in os.walk(one.folder):
        if not os.access(here, os.W_OK | os.X_OK):
            name = os.path.relpath(here, one.folder)
            raise UsageError(
                f"{show(one.folder, '' if name == '.' else name)}: cannot be written: "
                "the folder is read-only"
            )


def prepare(one: Replacement, staged: str, *, lasting: bool = True) -> dict[str, Identity]:
    """Make the folder `staged`. Returns the files of others that are in it, as they were found.

    lasting: make it last through a power failure; else the caller does so later. Raises OSError,
    and UsageError for a file that cannot be in both folders.
    """
    os.makedirs(staged)
    write_file(os.path.join(staged, MARK), b"")
    written = {*one.changes.added, *one.changes.changed}
    # The lock first: it says whose the other files are.
    for name in sorted(written, key=lambda n: (n != lock.NAME, n)):
        path = os.path.join(staged, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_file(path, one.files[name], lasting=lasting)
    kept = _bring_along(one, staged, written | {*one.changes.removed})
    _bring_folders(one.folder, staged)
    for here, _, _ in os.walk(staged) if lasting else ():
        sync_folder(here)
    return kept


def is_empty(staged: str) -> bool:
    """Whether nothing is left of the environment."""
    return set(os.listdir(staged)) <= {MARK}


def identity(path: str) -> Identity:
    """What tells whether a file is still the one that was found."""
    info = os.lstat(path)
    return info.st_mtime_ns, info.st_size


def _bring_along(one: Replacement, staged: str, ours: set[str]) -> dict[str, Identity]:
    kept = {}
    for name, path in present(one.folder):
        if name in ours:
            continue
        target = os.path.join(staged, *name.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if name not in one.files:
            kept[name] = identity(path)
        try:
            os.link(path, target, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _copy(path, target, show(one.folder, name), error)
    return kept


def _copy(path: str, target: str, shown: str, error: OSError) -> None:
    import shutil

    mode = os.lstat(path).st_mode
    fixed = stat.S_ISREG(mode) and not os.access(path, os.W_OK)
    if fixed or not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        # What cannot be linked, changed or copied could not be removed from the old folder either.
        raise UsageError(f"{shown}: cannot be kept: {(error.strerror or '').lower()}") from None
    shutil.copy2(path, target, follow_symlinks=False)


def _bring_folders(folder: str, staged: str) -> None:
    """Empty folders, and the modes and dates of all that stay."""
    import shutil

    for here, folders, _ in os.walk(folder, topdown=False):
        for name in folders:
            old = os.path.join(here, name)
            new = os.path.join(staged, os.path.relpath(old, folder))
            if os.path.islink(old):
                continue
            if not is_folder(new) and not os.listdir(old):
                os.makedirs(new)
            if is_folder(new):
                shutil.copystat(old, new)
    if is_folder(folder):
        shutil.copymode(folder, staged)
