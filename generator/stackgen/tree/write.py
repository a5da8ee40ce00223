"""Replacing `out/<env>` as a whole or not at all, without touching files of others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stackgen.errors import UsageError
from stackgen.manifest.yaml_out import HEADER
from stackgen.tree import lock

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Changes:
    """How a folder differs from what would be written. Paths relative to the folder, sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(folder: str, files: Files) -> Changes:
    """What writing `files` to `folder` would change. Raises UsageError where it must not write."""
    _check_folder(folder)
    present = dict(_present(folder))
    owned = _owned(folder)
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


def replace(folder: str, files: Files, changes: Changes) -> None:
    """Put `files` into `folder`: the folder is exchanged as a whole; other files come along."""
    if not changes:
        return
    parent, name = os.path.split(folder)
    fresh = os.path.join(parent, f".{name}.stackgen-new")
    old = os.path.join(parent, f".{name}.stackgen-old")
    try:
        os.makedirs(parent, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        os.mkdir(fresh)
        _fill(fresh, files)
        _bring_along(folder, fresh, files, changes)
        _exchange(folder, fresh, old)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{_show(parent, name)}: cannot be written: {reason}") from None


def recover(folder: str) -> None:
    """Undo an exchange that was cut off between its two steps."""
    parent, name = os.path.split(folder)
    old = os.path.join(parent, f".{name}.stackgen-old")
    if os.path.isdir(old) and not os.path.lexists(folder):
        os.rename(old, folder)


def _fill(fresh: str, files: Files) -> None:
    for name in sorted(files):
        path = os.path.join(fresh, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(files[name])


def _bring_along(folder: str, fresh: str, files: Files, changes: Changes) -> None:
    """Copy what is not ours, links as links, with its dates and modes."""
    removed = set(changes.removed)
    for name, path in _present(folder):
        if name in files or name in removed:
            continue
        target = os.path.join(fresh, *name.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)


def _exchange(folder: str, fresh: str, old: str) -> None:
    shutil.rmtree(old, ignore_errors=True)
    if os.path.isdir(folder):
        shutil.copymode(folder, fresh)
        os.rename(folder, old)
        try:
            os.rename(fresh, folder)
        except OSError:
            os.rename(old, folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.rename(fresh, folder)


def _check_folder(folder: str) -> None:
    for path in (os.path.dirname(folder), folder):
        if os.path.islink(path):
            raise UsageError(f"{_show(*os.path.split(path))}: is a link; stackgen would write here")
        if os.path.lexists(path) and not os.path.isdir(path):
            raise UsageError(f"{_show(*os.path.split(path))}: is not a folder")


def _present(folder: str) -> Iterator[tuple[str, str]]:
    """Every file and link below `folder`: its relative name with `/`, and its path."""
    for here, folders, names in os.walk(folder):
        folders.sort()
        links = [n for n in folders if os.path.islink(os.path.join(here, n))]
        for name in sorted([*names, *links]):
            path = os.path.join(here, name)
            yield os.path.relpath(path, folder).replace(os.sep, "/"), path


def _owned(folder: str) -> frozenset[str]:
    try:
        with open(os.path.join(folder, lock.NAME), "rb") as stream:
            return lock.owned_files(stream.read()) | {lock.NAME}
    except OSError:
        return frozenset()


def _read(folder: str, name: str) -> bytes | None:
    try:
        with open(os.path.join(folder, *name.split("/")), "rb") as stream:
            return stream.read()
    except OSError:
        return None


def _has_header(folder: str, name: str) -> bool:
    content = _read(folder, name)
    return content is not None and content.startswith(HEADER.encode())


def _show(folder: str, name: str) -> str:
    """The path as a user knows it: from `out/` on."""
    parts = os.path.join(folder, name).split(os.sep)
    return "/".join(parts[parts.index("out") :] if "out" in parts else parts[-2:])
