"""Removing a folder that was replaced, without losing a file that stackgen did not make."""

from __future__ import annotations

import errno
import filecmp
import os
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress

from stackgen.tree import lock
from stackgen.tree.compare import has_header, listed, present, show
from stackgen.tree.stage import MARK, Identity, identity
from stackgen.tree.system import is_folder, is_there

# Where a file goes whose place is taken: a folder of the environment.
KEPT = "stackgen-kept"
# A process that works in the folder may write while it is being removed.
_ROUNDS = 5
_PLACES = 1000


def discard(
    place: str, live: str, kept: Mapping[str, Identity], own: Collection[str] = ()
) -> list[str]:
    """Remove the folder `place`, which `live` replaces; files of others move to `live`.

    kept: the files of others that were in both folders, as they were found. own: names of
    stackgen's files that no lock need list. Returns the names of files whose place in `live` was
    taken by another. Raises OSError; then it can be tried again.
    """
    if not is_folder(place):
        remove_file(place)
        return []
    conflicts: list[str] = []
    for _ in range(_ROUNDS):
        conflicts += _empty(place, live, kept, own)
        if _remove_folders(place):
            break
    return conflicts


def remove_file(path: str) -> None:
    """Remove a file of stackgen's own; it need not be there."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def remove_folder(path: str) -> None:
    """Remove a folder when it is empty; it need not be there."""
    try:
        os.rmdir(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise


def _empty(place: str, live: str, kept: Mapping[str, Identity], own: Collection[str]) -> list[str]:
    ours, theirs = listed(place).union(own), listed(live)
    conflicts = []
    for name, path in present(place):
        if name in (lock.NAME, MARK):
            continue
        # A file without an entry in the lock may be written over when it has the header.
        mine = name in ours or (name in theirs and has_header(path))
        if mine or _is_there(name, path, live, kept):
            os.unlink(path)
        elif not _carry(name, path, live):
            conflicts.append(show(live, _keep(name, path, live)))
    # The lock last: it says whose the others are.
    remove_file(os.path.join(place, lock.NAME))
    remove_file(os.path.join(place, MARK))
    return conflicts


def _is_there(name: str, path: str, live: str, kept: Mapping[str, Identity]) -> bool:
    """Whether `live` has the file already, or a later version of it."""
    target = os.path.join(live, *name.split("/"))
    if not _is_reachable(live, name) or not is_there(target):
        return False
    one, other = os.lstat(path), os.lstat(target)
    if (one.st_ino, one.st_dev) == (other.st_ino, other.st_dev):
        return True
    if stat.S_ISLNK(one.st_mode) and stat.S_ISLNK(other.st_mode):
        return os.readlink(path) == os.readlink(target)
    if stat.S_ISREG(one.st_mode) and stat.S_ISREG(other.st_mode):
        if name in kept and identity(path) == kept[name]:
            return True
        return filecmp.cmp(path, target, shallow=False)
    return False


def _carry(name: str, path: str, live: str) -> bool:
    """Move the file to its place in `live`; False when that is taken."""
    target = os.path.join(live, *name.split("/"))
    if not _is_reachable(live, name) or is_there(target):
        return False
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.rename(path, target)
    return True


def _keep(name: str, path: str, live: str) -> str:
    """Move the file to a free place; returns it, relative to `live`."""
    for number in range(_PLACES):
        place = f"{KEPT}/{number}/{name}"
        if _carry(place, path, live):
            return place
    raise OSError(errno.EEXIST, f"{show(live, name)} has no place to go to")


def _is_reachable(live: str, name: str) -> bool:
    """Whether only folders, or nothing, stand on the way: a link may lead anywhere."""
    path = live
    for step in ("", *name.split("/")[:-1]):
        path = os.path.join(path, step) if step else path
        if not is_there(path):
            return True
        if not is_folder(path):
            return False
    return True


def _remove_folders(place: str) -> bool:
    """Remove the folders from below; False when a file has come into one."""
    for here, _, _ in os.walk(place, topdown=False):
        remove_folder(here)
    return not is_there(place)
