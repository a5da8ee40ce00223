"""Writing folders below `out/`: old or new, as a whole, over all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from stackgen import folders
from stackgen.errors import UsageError
from stackgen.tree import journal, stage
from stackgen.tree.compare import check_folder, reason, show
from stackgen.tree.journal import Entry
from stackgen.tree.stage import Replacement
from stackgen.tree.system import file_system_sync, is_folder, signals_deferred, write_file

# From so many new files on, their file system is synced once, in place of each file.
MANY = 200


@contextmanager
def alone(out: str) -> Iterator[None]:
    """Hold `out` for this process: another build waits. Made when it does not exist.

    What an earlier process left unfinished is completed or undone first.
    """
    made: list[str] = []
    try:
        check_folder(os.path.join(out, "any"))
        made = folders.make(out)
        handle = os.open(out, os.O_RDONLY)
    except OSError as error:
        folders.remove(made)
        raise UsageError(f"{os.path.basename(out)}: {reason(error)}") from None
    try:
        with suppress(ImportError):  # systems without it go without
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        with signals_deferred():
            journal.recover(out)
        yield
    finally:
        os.close(handle)
        folders.remove(made)  # those that are not empty are needed


def settle(out: str) -> None:
    """Complete or undo what a build that was cut off left in `out`; wait for one that runs.

    Raises UsageError when that fails.
    """
    if os.path.lexists(os.path.join(out, journal.WORK)):
        with alone(out):
            pass


def replace(replacements: Iterable[Replacement]) -> list[str]:
    """Make every folder what it is to become, or change none. All are below one folder.

    The caller holds that folder. Returns files of others that came up while the folders were
    exchanged, and whose place was taken. Raises UsageError when it fails; then nothing changed,
    unless the message says otherwise.
    """
    wanted = [one for one in replacements if one.changes]
    if not wanted:
        return []
    with signals_deferred():
        entries = _prepare(wanted)
        return _exchange(os.path.dirname(wanted[0].folder), entries)


def _prepare(wanted: list[Replacement]) -> dict[str, Entry]:
    out = os.path.dirname(wanted[0].folder)
    work = os.path.join(out, journal.WORK)
    entries = {}
    folder = ""
    done = False
    try:
        for one in wanted:
            stage.check(one)
        os.makedirs(os.path.join(work, journal.STAGED))
        write_file(os.path.join(work, journal.IGNORE), b"*\n")
        count = sum(len(one.changes.added) + len(one.changes.changed) for one in wanted)
        sync = file_system_sync() if count > MANY else None
        for one in wanted:
            folder = one.folder
            env = os.path.basename(folder)
            staged = os.path.join(work, journal.STAGED, env)
            changes = one.changes
            entries[env] = Entry(
                is_folder(folder),
                stage.prepare(one, staged, lasting=sync is None),
                frozenset((*changes.changed, *changes.removed)),
                frozenset((*changes.added, *changes.changed)),
            )
        if sync is not None:
            sync(work)
        journal.begin(out, entries)
        done = True
    except OSError as error:
        shown = show(folder or wanted[0].folder)
        raise UsageError(f"{shown}: cannot be written: {reason(error)}") from None
    finally:
        if not done:
            with suppress(OSError, UsageError):  # what cannot be cleared now is cleared next time
                journal.recover(out)
    return entries


def _exchange(out: str, entries: dict[str, Entry]) -> list[str]:
    env = next(iter(entries))
    try:
        for env, entry in entries.items():
            journal.exchange(out, env, entry)
        journal.commit(out)
    except OSError as error:
        undone = not journal.is_settled(out)
        journal.recover(out)
        name = show(os.path.join(out, env)) if undone else os.path.basename(out)
        what = "cannot be written" if undone else "is written, and may not outlast a power failure"
        raise UsageError(f"{name}: {what}: {reason(error)}") from None
    try:
        return journal.finish(out, entries)
    except OSError as error:
        name = f"{os.path.basename(out)}/{journal.WORK}"
        raise UsageError(
            f"{os.path.basename(out)} is written, and {name} cannot be removed: {reason(error)}"
        ) from None
