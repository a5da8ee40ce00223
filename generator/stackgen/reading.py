"""The one place that opens what a user names: files, folders and standard input, with bounds.

Input is hostile: a name may lead to a device, a pipe or a loop of links, and a file may have any
size and any bytes. What cannot be used is an `UnreadableError`, never a hang and never a traceback.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO

from stackgen.cache import seen
from stackgen.errors import UsageError

# How much is read at most. docs/reliability.md tells users the same figures.
MIB = 1024 * 1024
MAX_SPEC = 1 * MIB  # stack.yaml, an overlay, a model's config.json, .stackgen.yaml
MAX_TERRAFORM = 1 * MIB  # a Terraform file
MAX_FILE = 16 * MIB  # catalog, policies, data, schemas
MAX_MANIFESTS = 64 * MIB  # manifests, definitions, baselines, standard input
MAX_TOTAL = 256 * MIB  # all files of one command line together
MAX_SECONDS = 900  # for another program to give its output
_MAX_ERRORS = 64 * 1024  # what is kept of a program's error messages
MAX_ENTRIES = 100_000  # names in a folder and the folders below it
MAX_FOLDERS = 64  # folders inside each other

STDIN_NAME = "<stdin>"
# Where a shell puts `<(command)`: a pipe that the user handed over, as standard input is.
_HANDED_OVER = ("/dev/fd/", "/proc/self/fd/")
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_CHUNK = 1 * MIB
# Nothing, a link, or a socket or device that nothing answers at.
_NO_FILE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EOPNOTSUPP}


class UnreadableError(UsageError):
    """A file that cannot be used. reason: why, without the name of the file."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.reason = reason


def read_bytes(path: str, name: str = "", limit: int = MAX_FILE) -> bytes:
    """The content of the regular file at `path`.

    name: what messages call it, `path` unless given. limit: in bytes. Raises UnreadableError.
    """
    name = name or path
    known = not os.path.lexists(path)
    if known:
        seen.name(path)
    try:
        handle = _open(path, name)
        try:
            raw = _read(handle, name, limit)
            seen.content(path, os.fstat(handle).st_mode, raw)
            known = True
        finally:
            os.close(handle)
    except OSError as error:
        raise UnreadableError(name, _why(error, path)) from None
    finally:
        if not known:  # why a file cannot be used depends on more than its content
            seen.spoil()
    return raw


def head(path: str, limit: int) -> bytes | None:
    """At most `limit` bytes of a regular file; None for a link, for anything else, or nothing.

    Raises OSError: a file that cannot be read is not taken for one that does not exist.
    """
    seen.file(path)
    try:
        handle = os.open(path, _FLAGS | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise
    with open(handle, "rb") as stream:
        return stream.read(limit) if stat.S_ISREG(os.fstat(handle).st_mode) else None


def read_text(path: str, name: str = "", limit: int = MAX_FILE) -> str:
    """The text of the regular file at `path`: UTF-8, a byte order mark left out, line ends kept.

    name, limit: as for `read_bytes`. Raises UnreadableError.
    """
    return decode(read_bytes(path, name, limit), name or path)


def read_stdin(limit: int = MAX_MANIFESTS) -> str:
    """The text on standard input. Raises UnreadableError, also when it is closed."""
    seen.spoil()
    # Python leaves None for what was closed when it started.
    stream = sys.stdin
    if stream is None or stream.closed:
        raise UnreadableError(STDIN_NAME, "is closed")
    try:
        raw = stream.buffer.read(limit + 1)
    except OSError as error:
        raise UnreadableError(STDIN_NAME, _why(error)) from None
    if len(raw or b"") > limit:
        raise UnreadableError(STDIN_NAME, too_large(limit))
    return decode(raw or b"", STDIN_NAME)


def output_of(
    command: Sequence[str],
    name: str,
    limit: int = MAX_MANIFESTS,
    seconds: float = MAX_SECONDS,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> tuple[int, bytes, str]:
    """What another program gives back: its status, its output and the beginning of its errors.

    name: what messages call it. limit: in bytes of output. given: its standard input. Raises
    UnreadableError when it says more or takes longer, and OSError when it cannot be started.
    """
    import subprocess  # takes longer than many a command, and few need it
    import threading

    ends = time.monotonic() + seconds
    errors: list[bytes] = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment,
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout and process.stderr
        try:
            helpers = [
                threading.Thread(target=_feed, args=(process.stdin, given), daemon=True),
                threading.Thread(target=_head, args=(process.stderr, errors), daemon=True),
            ]
            for helper in helpers:
                helper.start()
            raw = _read_until(process.stdout.fileno(), name, limit, ends)
            for helper in helpers:
                helper.join()
        except BaseException:
            process.kill()
            raise
    return process.returncode, raw, b"".join(errors).decode("utf-8", "replace")


def _read_until(handle: int, name: str, limit: int, ends: float) -> bytes:
    import select

    parts: list[bytes] = []
    size = 0
    while True:
        left = ends - time.monotonic()
        if left <= 0 or not select.select([handle], [], [], left)[0]:
            raise UnreadableError(name, "takes too long")
        part = os.read(handle, _CHUNK)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > limit:
            raise UnreadableError(name, f"its output {too_large(limit)}")


def _feed(stream: IO[bytes], given: bytes) -> None:
    # A program may end before it has read everything.
    with contextlib.suppress(OSError), stream:
        stream.write(given)


def _head(stream: IO[bytes], kept: list[bytes]) -> None:
    with contextlib.suppress(OSError, ValueError):
        kept.append(stream.read(_MAX_ERRORS))
        while stream.read(_CHUNK):
            pass


def decode(raw: bytes, name: str) -> str:
    """`raw` as text. Raises UnreadableError when it is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError(name, "is not UTF-8 text") from None


def too_large(limit: int) -> str:
    """The reason for which a file above `limit` bytes is refused."""
    unit = f"{limit // MIB} MiB" if limit >= MIB else f"{limit} bytes"
    return f"is larger than {unit}"


def walk(
    folder: str, onerror: Callable[[OSError], None] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """As `os.walk`, sorted, within MAX_ENTRIES and MAX_FOLDERS; links to folders are not followed.

    The caller may take folders out of the second list. Errors go to `onerror`; without it they
    are UnreadableErrors.
    """

    def refuse(error: OSError) -> None:
        raise UnreadableError(str(error.filename or folder), _why(error)) from None

    count = 0
    top = folder.rstrip(os.sep).count(os.sep)
    seen.names(folder)
    for here, folders, names in os.walk(folder, onerror=onerror or refuse):
        for inner in folders:
            seen.names(os.path.join(here, inner))
        count += len(folders) + len(names)
        if count > MAX_ENTRIES:
            raise UnreadableError(folder, f"holds more than {MAX_ENTRIES:,} files and folders")
        if here.count(os.sep) - top > MAX_FOLDERS:
            raise UnreadableError(folder, f"holds over {MAX_FOLDERS} folders inside each other")
        folders.sort()
        yield here, folders, sorted(names)


def listing(folder: str, name: str = "") -> list[str]:
    """The names in `folder`, sorted; none where no folder is. Raises UnreadableError."""
    seen.names(folder)
    if not os.path.isdir(folder):
        return []
    try:
        found = sorted(os.listdir(folder))
    except OSError as error:
        raise UnreadableError(name or folder, _why(error)) from None
    if len(found) > MAX_ENTRIES:
        raise UnreadableError(name or folder, f"holds more than {MAX_ENTRIES:,} files and folders")
    return found


def texts_below(
    folder: str, wanted: Callable[[str], bool], limit: int = MAX_FILE
) -> Iterator[tuple[str, str]]:
    """Path and text of every file below `folder` whose name is `wanted`, in order of names.

    Hidden folders are left out. Raises UnreadableError for the first file that cannot be used,
    and when they are larger than MAX_TOTAL together.
    """
    total = 0
    for here, folders, names in walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for path in (os.path.join(here, name) for name in names if wanted(name)):
            raw = read_bytes(path, limit=limit)
            total += len(raw)
            if total > MAX_TOTAL:
                raise UnreadableError(folder, f"the files in it: {too_large(MAX_TOTAL)}")
            yield path, decode(raw, path)


def _open(path: str, name: str) -> int:
    """A descriptor of the file, checked after opening: what is checked is what is read."""
    try:
        # Opening some devices does something, so what is no file by its name is not opened.
        known = os.stat(path)
        pipe = path.startswith(_HANDED_OVER) and stat.S_ISFIFO(known.st_mode)
        if not pipe and not stat.S_ISREG(known.st_mode):
            raise UnreadableError(name, _kind(known.st_mode))
        # A pipe waits for the command that writes it.
        handle = os.open(path, _FLAGS & ~os.O_NONBLOCK if pipe else _FLAGS)
    except ValueError:  # a NUL in the name, or half of a surrogate pair
        raise UnreadableError(name, "is not the name of a file") from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode) and not (pipe and stat.S_ISFIFO(mode)):
        os.close(handle)
        raise UnreadableError(name, _kind(mode))
    return handle


def _read(handle: int, name: str, limit: int) -> bytes:
    if os.fstat(handle).st_size > limit:
        raise UnreadableError(name, too_large(limit))
    parts, size = [], 0
    while part := os.read(handle, min(_CHUNK, limit + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise UnreadableError(name, too_large(limit))
    return b"".join(parts)


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "is a folder, not a file"
    if stat.S_ISFIFO(mode):
        return "is a pipe, not a file"
    return "is a device, not a file" if not stat.S_ISSOCK(mode) else "is a socket, not a file"


def _why(error: OSError, path: str = "") -> str:
    if isinstance(error, FileNotFoundError):
        return "leads nowhere" if path and os.path.islink(path) else "not found"
    return (error.strerror or str(error)).lower()
