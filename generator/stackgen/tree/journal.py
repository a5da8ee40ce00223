"""The exchange of folders below `out/`, and what completes or undoes one that was cut off.

Everything happens in one folder, `out/.stackgen`:

    staged/ENV      the folder as it is to become; after an exchange of names, the one that was
    old/ENV         the one that was, where it was moved away by a step of its own
    discarded/ENV/N what an undo took out of the way
    journal         the exchange has begun; until it is renamed, it is undone
    settled         out/ is right for every environment; what is left beside it is to be cleared

Each step is one call to the system, and which steps were taken can be told from what is there: it
makes no difference after which of them a process ends. Clearing removes files that a lock lists
and moves all others back to `out/ENV`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from stackgen.errors import UsageError
from stackgen.reading import head
from stackgen.record import record
from stackgen.tree import discard
from stackgen.tree.compare import reason
from stackgen.tree.stage import MARK, Identity, is_empty
from stackgen.tree.system import exchange_names, is_folder, is_there, sync_folder, write_file

WORK = ".stackgen"
FOLDERS = STAGED, OLD, DISCARDED = "staged", "old", "discarded"
JOURNAL, SETTLED, IGNORE = "journal", "settled", ".gitignore"
_TEMPORARY = "journal.new"
VERSION = 1
MAX_BYTES = 64 * 1024 * 1024


@record
class Entry:
    """One environment of an exchange. there: it was in `out/` before.

    kept: the files of others that the prepared folder holds, as they were found. former,
    made: stackgen's own files that go with the folder that was, and that are new in the prepared
    one. A folder need not have a lock that lists them.
    """

    there: bool
    kept: Mapping[str, Identity]
    former: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()


Entries = Mapping[str, Entry]


def begin(out: str, entries: Entries) -> None:
    """Note that the exchange begins: from here on it is completed or undone. Raises OSError."""
    work = os.path.join(out, WORK)
    content = {
        "version": VERSION,
        "environments": {
            env: {
                "there": entry.there,
                "kept": {n: list(i) for n, i in entry.kept.items()},
                "former": sorted(entry.former),
                "made": sorted(entry.made),
            }
            for env, entry in entries.items()
        },
    }
    sync_folder(os.path.join(work, STAGED))
    write_file(os.path.join(work, _TEMPORARY), json.dumps(content).encode("utf-8"))
    os.rename(os.path.join(work, _TEMPORARY), os.path.join(work, JOURNAL))
    sync_folder(work)
    sync_folder(out)


def exchange(out: str, env: str, entry: Entry) -> None:
    """Put the prepared folder in its place. Raises OSError."""
    live, staged = os.path.join(out, env), _place(out, STAGED, env)
    if entry.there:
        if is_empty(staged):
            _move(live, _place(out, OLD, env))
            return
        if exchange_names(staged, live):
            return
        _move(live, _place(out, OLD, env))
    os.rename(staged, live)


def commit(out: str) -> None:
    """Note that `out/` is right for every environment. Raises OSError."""
    work = os.path.join(out, WORK)
    for folder in FOLDERS:
        if is_folder(os.path.join(work, folder)):
            sync_folder(os.path.join(work, folder))
    sync_folder(out)
    os.rename(os.path.join(work, JOURNAL), os.path.join(work, SETTLED))
    sync_folder(work)


def is_settled(out: str) -> bool:
    """Whether commit() took effect."""
    return os.path.lexists(os.path.join(out, WORK, SETTLED))


def undo(out: str, entries: Entries) -> None:
    """Put every folder back that was there before. Raises OSError; then it can be tried again."""
    for env, entry in entries.items():
        _undo(out, env, entry)
    commit(out)


def _undo(out: str, env: str, entry: Entry) -> None:
    live, staged, old = os.path.join(out, env), _place(out, STAGED, env), _place(out, OLD, env)
    if is_there(old):
        # The folder may have been made again since, as `git checkout` does.
        _set_aside(out, env)
        os.rename(old, live)
    elif not entry.there:
        if not is_there(staged) and is_there(live):
            _move(live, staged)
    elif is_there(staged) and not is_there(os.path.join(staged, MARK)):
        if not is_there(live):
            os.rename(staged, live)
        elif not exchange_names(staged, live):
            _set_aside(out, env)
            os.rename(staged, live)


def _set_aside(out: str, env: str) -> None:
    live = os.path.join(out, env)
    if is_there(live):
        above = _place(out, DISCARDED, env)
        _move(live, os.path.join(above, str(len(_names(above)))))


def finish(out: str, entries: Entries) -> list[str]:
    """Clear `out/.stackgen`, when `out/` is right. Raises OSError; then it can be tried again.

    Returns what could not go back to its place, because another file has its name.
    """
    work = os.path.join(out, WORK)
    conflicts = []
    found = [env for folder in FOLDERS for env in _names(_place(out, folder))]
    for env in {**entries, **dict.fromkeys(found)}:
        live = os.path.join(out, env)
        if is_folder(live):
            discard.remove_file(os.path.join(live, MARK))
        above = _place(out, DISCARDED, env)
        aside = [os.path.join(above, n) for n in _names(above)]
        entry = entries.get(env, Entry(False, {}))
        for place in (_place(out, STAGED, env), _place(out, OLD, env), *aside):
            if is_there(os.path.join(place, MARK)):
                ours = entry.made
            else:
                # What came into out/ during the exchange was not made by it.
                ours = frozenset() if place in aside else entry.former
            conflicts += discard.discard(place, live, entry.kept, ours)
        discard.remove_folder(above)
    for folder in FOLDERS:
        discard.remove_folder(os.path.join(work, folder))
    sync_folder(out)
    for name in (_TEMPORARY, IGNORE, JOURNAL, SETTLED):
        discard.remove_file(os.path.join(work, name))
    discard.remove_folder(work)
    return conflicts


def drop_staged(out: str) -> None:
    """Clear what was prepared for an exchange that has not begun. Raises OSError."""
    import shutil

    for env in _names(_place(out, STAGED)):
        staged = _place(out, STAGED, env)
        # All of it was written or linked by stackgen. Without the mark it is a folder that was.
        if is_there(os.path.join(staged, MARK)):
            shutil.rmtree(staged)


def recover(out: str) -> list[str]:
    """Complete or undo what was cut off. The caller holds `out`.

    Returns what finish() returns. Raises UsageError when that fails.
    """
    work = os.path.join(out, WORK)
    name = f"{os.path.basename(out)}/{WORK}"
    try:
        if not is_there(work):
            return []
        for path, shown in ((work, name), *((_place(out, f), f"{name}/{f}") for f in FOLDERS)):
            if is_there(path) and not is_folder(path):
                raise UsageError(f"{shown}: is not a folder; stackgen works there while it writes")
        if is_there(os.path.join(work, JOURNAL)):
            entries = _read(os.path.join(work, JOURNAL), f"{name}/{JOURNAL}")
            undo(out, entries)
        elif is_there(os.path.join(work, SETTLED)):
            entries = _read(os.path.join(work, SETTLED), f"{name}/{SETTLED}")
        else:
            entries = {}
            drop_staged(out)
        return finish(out, entries)
    except OSError as error:
        raise UsageError(
            f"{name}: an interrupted build cannot be undone: {reason(error)}"
        ) from None


def _read(path: str, name: str) -> dict[str, Entry]:
    """The journal. It may come from a repository, so nothing in it is taken on trust."""
    content = head(path, MAX_BYTES)
    try:
        said = json.loads(content or b"")
        found = {
            env: Entry(
                entry["there"] is True,
                {n: (int(i[0]), int(i[1])) for n, i in entry["kept"].items()},
                frozenset(str(name) for name in entry.get("former", ())),
                frozenset(str(name) for name in entry.get("made", ())),
            )
            for env, entry in said["environments"].items()
        }
        known = said["version"] == VERSION
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        known = False
    if not known or any(e in ("", ".", "..", WORK) or "/" in e or "\0" in e for e in found):
        raise UsageError(f"{name}: is not what stackgen writes; look at the folder and remove it")
    return found


def _place(out: str, *names: str) -> str:
    return os.path.join(out, WORK, *names)


def _names(folder: str) -> list[str]:
    return sorted(os.listdir(folder)) if is_folder(folder) else []


def _move(path: str, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.rename(path, target)
