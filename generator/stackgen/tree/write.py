"""Replacing `out/<env>` as a whole or not at all, without touching files of others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from stackgen.errors import UsageError
from stackgen.manifest.yaml_out import HEADER
from stackgen.record import record
from stackgen.tree import lock

Files = Mapping[str, bytes]


@record
class Changes:
    """How a folder differs from what would be written. Paths relative to the folder, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@record
class Replacement:
    """What is to become of one folder. No files: what stackgen made there goes away."""

    folder: str
    files: Files
    changes: Changes


# -- what would change -------------------------------------------------------------------------


def compare(folder: str, files: Files) -> Changes:
    """What writing `files` to `folder` would change. Raises UsageError where it must not write."""
    _check_folder(folder)
    present = dict(_present(folder))
    owned = _owned(folder, present)
    _check_parents(folder, files, present)
    added, changed, removed = [], [], []
    for name, content in files.items():
        if name not in present:
            added.append(name)
        elif os.path.islink(os.path.join(folder, name)):
            raise UsageError(f"{_show(folder, name)}: is a link; stackgen would write here")
        elif _read(folder, name) != content:
            if name not in owned and not _has_header(folder, name):
                raise UsageError(
                    f"{_show(folder, name)}: was not made by stackgen; move it away, or remove it"
                )
            changed.append(name)
    for name in present:
        if name not in files and name in owned:
            removed.append(name)
    return Changes(tuple(sorted(added)), tuple(sorted(changed)), tuple(sorted(removed)))


def left_over(out: str, environments: Iterable[str]) -> list[str]:
    """The folders of `out` that stackgen made for environments that are no more, by name."""
    known = set(environments)
    if not os.path.isdir(out):
        return []
    return [
        name
        for name in sorted(os.listdir(out))
        if name not in known and not name.startswith(".") and not _is_link(out, name)
        and os.path.isfile(os.path.join(out, name, lock.NAME))
    ]  # fmt: skip


# -- replacing ---------------------------------------------------------------------------------


@contextmanager
def alone(out: str) -> Iterator[None]:
    """Hold `out` for this process: another build waits. Made when it is not there."""
    _check_folder(os.path.join(out, "any"))
    try:
        os.makedirs(out, exist_ok=True)
        handle = os.open(out, os.O_RDONLY)
    except OSError as error:
        raise UsageError(f"{os.path.basename(out)}: {_reason(error)}") from None
    try:
        with suppress(ImportError):  # systems without it go without
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def replace(replacements: Iterable[Replacement]) -> None:
    """Make every folder what it is to become: all are prepared before the first is exchanged.

    Raises UsageError when that fails; the folder it fails for is left as it was.
    """
    import shutil  # here, not above: a build that changes nothing does without it

    wanted = [one for one in replacements if one.changes]
    folder = ""
    try:
        for one in wanted:
            folder = one.folder
            _prepare(one)
        for one in wanted:
            folder = one.folder
            _exchange(folder)
    except OSError as error:
        raise UsageError(f"{_show(folder)}: cannot be written: {_reason(error)}") from None
    finally:
        for one in wanted:
            shutil.rmtree(_beside(one.folder, "new"), ignore_errors=True)


def recover(folder: str) -> None:
    """Undo an exchange that was cut off between its two steps."""
    old = _beside(folder, "old")
    if os.path.isdir(old) and not os.path.lexists(folder):
        os.rename(old, folder)


def _beside(folder: str, what: str) -> str:
    parent, name = os.path.split(folder)
    return os.path.join(parent, f".{name}.stackgen-{what}")


def _prepare(one: Replacement) -> None:
    """The folder as it is to become, beside the old one."""
    import shutil

    fresh = _beside(one.folder, "new")
    shutil.rmtree(fresh, ignore_errors=True)
    os.makedirs(fresh)
    written = {*one.changes.added, *one.changes.changed}
    for name in sorted(written):
        path = os.path.join(fresh, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(one.files[name])
    _bring_along(one.folder, fresh, written | {*one.changes.removed})


def _bring_along(folder: str, fresh: str, ours: set[str]) -> None:
    """What stays as it is, the very same files: links as links, with their dates and modes."""
    import shutil

    for name, path in _present(folder):
        if name in ours:
            continue
        target = os.path.join(fresh, *name.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        try:
            os.link(path, target, follow_symlinks=False)
        except OSError:  # a file system without hard links
            shutil.copy2(path, target, follow_symlinks=False)
    for here, folders, _ in os.walk(folder, topdown=False):
        for name in folders:
            old = os.path.join(here, name)
            new = os.path.join(fresh, os.path.relpath(old, folder))
            if os.path.islink(old):
                continue
            if not os.path.isdir(new) and not os.listdir(old):
                os.makedirs(new)
            if os.path.isdir(new):
                shutil.copystat(old, new)


def _exchange(folder: str) -> None:
    import shutil

    fresh, old = _beside(folder, "new"), _beside(folder, "old")
    shutil.rmtree(old, ignore_errors=True)
    there = os.path.isdir(folder)
    if there:
        shutil.copymode(folder, fresh)
        os.rename(folder, old)
    try:
        if os.listdir(fresh):
            os.rename(fresh, folder)
    except OSError:
        if there:
            os.rename(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


# -- looking at folders ------------------------------------------------------------------------


def _check_folder(folder: str) -> None:
    out = os.path.dirname(folder)
    for path, name in ((out, os.path.basename(out)), (folder, _show(folder))):
        if os.path.islink(path):
            raise UsageError(f"{name}: is a link; stackgen would write here")
        if os.path.lexists(path) and not os.path.isdir(path):
            raise UsageError(f"{name}: is not a folder")


def _check_parents(folder: str, files: Files, present: Mapping[str, str]) -> None:
    """No file or link stands where a folder is needed, and no folder where a file is."""
    for name in files:
        if name not in present and os.path.isdir(os.path.join(folder, name)):
            raise UsageError(f"{_show(folder, name)}: is a folder; stackgen writes a file here")
        steps = name.split("/")
        for i in range(1, len(steps)):
            parent = "/".join(steps[:i])
            if parent in present:
                raise UsageError(
                    f"{_show(folder, parent)}: is no folder; stackgen writes files below it"
                )


def _present(folder: str) -> Iterator[tuple[str, str]]:
    """Every file and link below `folder`: its relative name with `/`, and its path.

    Raises UsageError for a folder that cannot be read.
    """

    def unreadable(error: OSError) -> None:
        raise UsageError(f"{_show(folder)}: {error.filename}: {_reason(error)}") from None

    if not os.path.isdir(folder):
        return
    for here, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        links = [n for n in folders if os.path.islink(os.path.join(here, n))]
        for name in sorted([*names, *links]):
            path = os.path.join(here, name)
            yield os.path.relpath(path, folder).replace(os.sep, "/"), path


def _is_link(out: str, name: str) -> bool:
    return os.path.islink(os.path.join(out, name))


def _owned(folder: str, present: Iterable[str]) -> frozenset[str]:
    """What the lock lists; where it is damaged, what bears the header."""
    content = _read(folder, lock.NAME)
    if content is None:
        return frozenset()
    listed = lock.owned_files(content)
    if listed is None:
        listed = frozenset(name for name in present if _has_header(folder, name))
    return listed | {lock.NAME}


def _read(folder: str, name: str) -> bytes | None:
    path = os.path.join(folder, *name.split("/"))
    if not os.path.isfile(path):  # a pipe would wait for ever
        return None
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return None


def _has_header(folder: str, name: str) -> bool:
    content = _read(folder, name)
    return content is not None and content.startswith(HEADER.encode())


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _show(folder: str, name: str = "") -> str:
    """The path as a user knows it: `out/<env>/<name>`."""
    out, env = os.path.split(folder)
    return "/".join(filter(None, (os.path.basename(out), env, name)))
