"""Calls to the operating system that Python does not wrap, or that are easy to get wrong."""

from __future__ import annotations

import errno
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Linux: renameat2(2). macOS: renamex_np(2).
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2
# What a kernel or a file system answers that cannot exchange two names.
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
_DEFERRED = ("SIGINT", "SIGTERM", "SIGHUP")
MOUNTS = "/proc/self/mountinfo"


def exchange_names(one: str, other: str) -> bool:
    """Exchange two names in one step; False where the system cannot. Raises OSError."""
    import ctypes  # here, not above: only a build that changes something needs it

    library = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    if hasattr(library, "renameat2"):
        failed = library.renameat2(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)
    elif hasattr(library, "renamex_np"):
        failed = library.renamex_np(first, second, _RENAME_SWAP)
    else:
        return False
    if not failed:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), one, None, other)


def is_there(path: str) -> bool:
    """Whether something has this name. Raises OSError when that cannot be told.

    `os.path` answers no then, and a step that was taken would look as if it was not.
    """
    return _mode(path) is not None


def is_folder(path: str) -> bool:
    """Whether a folder has this name; a link is none. Raises OSError when that cannot be told."""
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def _mode(path: str) -> int | None:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def sync_folder(path: str) -> None:
    """Make the names in a folder last through a power failure."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems cannot
            raise
    finally:
        os.close(handle)


def file_system_sync() -> Callable[[str], None] | None:
    """What makes all last that was written to the file system of a folder; None without that.

    For thousands of files, this takes a fraction of the time that fsync takes for each.
    """
    import ctypes  # as above

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):  # Linux has it
        return None

    def sync(folder: str) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if library.syncfs(handle):
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code), folder)
        finally:
            os.close(handle)

    return sync


def write_file(path: str, content: bytes, *, lasting: bool = True) -> None:
    """Write a new file. Raises OSError, also when `path` exists.

    lasting: make the content last through a power failure; else the caller does so later.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(handle, view) :]
        if lasting:
            os.fsync(handle)
    finally:
        os.close(handle)


def mount_points(folder: str) -> list[str]:
    """The mount points at `folder` and below it. A bind mount has no other sign on Linux."""
    real = os.path.realpath(folder)
    if not sys.platform.startswith("linux"):
        return [folder] if os.path.ismount(real) else []
    try:
        with open(MOUNTS, "rb") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return [folder] if os.path.ismount(real) else []
    places = [os.fsdecode(_unescaped(line.split()[4])) for line in lines]
    return [place for place in places if place == real or place.startswith(real + os.sep)]


def _unescaped(name: bytes) -> bytes:
    """A name of mountinfo: blanks and backslashes stand there in octal. See proc(5)."""
    for code in (b"\\040", b"\\011", b"\\012", b"\\134"):
        name = name.replace(code, bytes([int(code[1:], 8)]))
    return name


@contextmanager
def signals_deferred() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP wait for the end of the block; an ignored one stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python runs handlers in the main thread alone
        return
    came: list[int] = []
    before: dict[int, Any] = {}
    for name in _DEFERRED:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            before[number] = signal.signal(number, lambda got, _: came.append(got))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(came):
            os.kill(os.getpid(), number)
