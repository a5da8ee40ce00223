"""The folder in which results are kept: for its user alone, bounded, and trusted only when whole.

An entry is a file whose name is a key and whose first bytes are a checksum of the others. It is
written beside its place and then moved there, so that processes can share the folder.
"""

from __future__ import annotations

import os
import stat

from stackgen.cache.seen import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "STACKGEN_CACHE"
OFF = "off"
LARGEST = 4 * 1024 * 1024  # of one entry, in bytes
_PACKED_FROM = 64 * 1024  # what is larger is compressed
_MOST_UNPACKED = 64 * 1024 * 1024
_PLAIN, _PACKED = b"0", b"1"
MOST_BYTES = 64 * 1024 * 1024
MOST_ENTRIES = 4000
_CHECK = 32
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def folder(named: str, environment: Mapping[str, str]) -> str:
    """The folder: the one that is named, else that of the environment, else the user's.

    Empty when nothing shall be kept, or the user has no folder for it.
    """
    named = named or environment.get(VARIABLE, "")
    if named:
        return "" if named == OFF else os.path.abspath(named)
    base = environment.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        home = environment.get("HOME", "")
        base = os.path.join(home, ".cache") if os.path.isabs(home) else ""
    return os.path.join(base, "stackgen") if base else ""


def get(where: str, key: str) -> bytes | None:
    """What is kept under `key`; None for nothing, and for what is damaged or not the user's own."""
    try:
        if not _is_own(os.stat(where)):
            return None
        handle = os.open(os.path.join(where, key), _FLAGS)
    except OSError:
        return None
    try:
        known = os.fstat(handle)
        if not stat.S_ISREG(known.st_mode) or not _is_own(known) or known.st_size > LARGEST:
            return None
        raw = os.read(handle, LARGEST)
    except OSError:
        return None
    finally:
        os.close(handle)
    _used(os.path.join(where, key))
    return _unpacked(raw[_CHECK:]) if raw[:_CHECK] == _checksum(key, raw[_CHECK:]) else None


def packed(body: bytes) -> bytes:
    """`body` as it is kept."""
    if len(body) < _PACKED_FROM:
        return _PLAIN + body
    import zlib  # few entries need it

    return _PACKED + zlib.compress(body, 1)


def _unpacked(body: bytes) -> bytes | None:
    if body[:1] != _PACKED:
        return body[1:] if body[:1] == _PLAIN else None
    import zlib

    reader = zlib.decompressobj()
    try:
        found = reader.decompress(body[1:], _MOST_UNPACKED)
    except zlib.error:
        return None
    return found if reader.eof else None


def put(where: str, key: str, body: bytes) -> None:
    """Keep `body` under `key`, if that is possible."""
    if len(body) > _MOST_UNPACKED:
        return
    body = packed(body)
    if len(body) + _CHECK > LARGEST:
        return
    path = os.path.join(where, key)
    beside = f"{path}.{os.getpid()}"
    try:
        os.makedirs(where, mode=0o700, exist_ok=True)
        if not _is_own(os.stat(where)):
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(beside, flags, 0o600)
    except OSError:
        return
    try:
        with open(handle, "wb") as stream:
            stream.write(_checksum(key, body) + body)
        os.replace(beside, path)
        _prune(where)
    except OSError:
        _remove(beside)
    except BaseException:
        _remove(beside)
        raise


def _is_own(known: os.stat_result) -> bool:
    """What others can write may say anything."""
    return known.st_uid == os.geteuid() and not known.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _checksum(key: str, body: bytes) -> bytes:
    return digest((key.encode(), body))


def _prune(where: str) -> None:
    """Remove what was not used for the longest time, down to three quarters of the bounds."""
    entries = []
    with os.scandir(where) as found:
        for entry in found:
            try:
                known = entry.stat(follow_symlinks=False)
            except OSError:  # another process removed it
                continue
            if stat.S_ISREG(known.st_mode):
                entries.append((known.st_mtime_ns, known.st_size, entry.path))
    size = sum(one[1] for one in entries)
    count = len(entries)
    if size <= MOST_BYTES and count <= MOST_ENTRIES:
        return
    for _, length, path in sorted(entries):
        if size <= MOST_BYTES * 3 // 4 and count <= MOST_ENTRIES * 3 // 4:
            break
        _remove(path)
        size, count = size - length, count - 1


def _used(path: str) -> None:
    try:
        os.utime(path)
    except OSError:
        return


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
