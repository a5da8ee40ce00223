"""What a run looks at: files, folders and names, and in which state it finds them.

A result may be kept when the state of all that the run looked at is known. What a module opens
without a note here, what is written and what other programs say makes a result one that is not
kept: `begin` watches for it.
"""

from __future__ import annotations

import os
import stat
import sys

try:  # hashlib would import OpenSSL, which takes longer than a whole answer
    from _blake2 import blake2b
except ImportError:  # another implementation of Python
    from hashlib import blake2b

TYPE_CHECKING = False  # to import typing would take as long as a whole answer
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal, TypeAlias

    # file: its content. folder: the names in it. name: what stands there, if anything does.
    How: TypeAlias = Literal["file", "folder", "name"]
    Look: TypeAlias = tuple[How, str]

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LARGEST = 64 * 1024 * 1024
_MISSING = b"-"
# What changes something, or asks someone whose answer is not known here.
_OTHERS = {
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod",
    "os.truncate", "os.utime", "shutil.rmtree", "tempfile.mkstemp", "tempfile.mkdtemp",
    "socket.connect", "socket.getaddrinfo", "os.system", "os.exec", "os.posix_spawn",
}  # fmt: skip
_HEARD = {"open", "os.listdir", "os.scandir", "subprocess.Popen", *_OTHERS}
# Processes of stackgen: what they say depends on what they are given, or they say what they read.
_WORKERS = ("stackgen.checks.policy.worker", "stackgen.fleet.processes")


class _Run:
    """The one run of this process."""

    def __init__(self) -> None:
        self.looks: dict[Look, bytes] | None = None
        self.opened: set[str] = set()
        self.recent: set[str] = set()
        self.told: list[tuple[str, str]] = []
        self.spoiled = False
        self.program: tuple[str, ...] = ()
        self.own: set[str] = set()
        self.alone = True


_RUN = _Run()


def begin(program: Iterable[str]) -> None:
    """Note from now on. program: folders of the program itself, which has a state of its own."""
    _RUN.looks, _RUN.program = {}, tuple(folder + os.sep for folder in program)
    sys.addaudithook(_audit)


def is_noting() -> tuple[str, ...]:
    """The folders of the program, as given to `begin`; empty when nothing is noted."""
    return tuple(x.removesuffix(os.sep) for x in _RUN.program) if _RUN.looks is not None else ()


def add(looks: Mapping[Look, bytes] | None) -> None:
    """Note what another process looked at; None when that is not known."""
    if looks is None:
        spoil()
    elif _RUN.looks is not None:
        for look, found in looks.items():
            _note(look, found)


def own() -> set[str] | None:
    """The files of the program that were opened; None when another process opened some, too."""
    return _RUN.own if _RUN.alone else None


def looked() -> dict[Look, bytes] | None:
    """What was looked at, and its state; None when that is not the whole truth."""
    if _RUN.looks is None or _RUN.spoiled:
        return None
    noted = {path for _, path in _RUN.looks}
    return _RUN.looks if _RUN.opened <= noted else None


def told() -> list[tuple[str, str]]:
    """What the run said, in order: `out` or `err`, and the text."""
    return _RUN.told


def tell(stream: Literal["out", "err"], text: str) -> None:
    """Note what is said."""
    if _RUN.looks is not None:
        _RUN.told.append((stream, text))


def again(path: str) -> None:
    """Something that was read is used again."""
    _RUN.recent.add(os.path.abspath(path))


def recent() -> frozenset[str]:
    """The paths that were looked at since this was last asked."""
    found = frozenset(_RUN.recent)
    _RUN.recent.clear()
    return found


def spoil() -> None:
    """The result depends on more than what it looked at: it is not kept."""
    _RUN.spoiled = True


def content(path: str, mode: int, raw: bytes) -> None:
    """A file was read. mode: `st_mode`."""
    where = os.path.abspath(path)
    if _RUN.looks is not None and not _is_program(where):
        _note(("file", where), _content(mode, raw))


def file(path: str) -> None:
    """A part of a file is about to be read."""
    _look("file", path)


def names(path: str) -> None:
    """The names in a folder are about to be read."""
    _look("folder", path)


def name(path: str) -> None:
    """Whether something stands at `path` is about to be asked."""
    _look("name", path)


def _look(how: How, path: str) -> None:
    if _RUN.looks is not None and "\0" not in path:
        look = (how, os.path.abspath(path))
        if not _is_program(look[1]):
            _note(look, state(look))


def _note(look: Look, found: bytes) -> None:
    assert _RUN.looks is not None
    _RUN.recent.add(look[1])
    if _RUN.looks.setdefault(look, found) != found:
        spoil()  # it changed while the run looked


def state(look: Look) -> bytes:
    """In which state something is now."""
    how, path = look
    try:
        if how == "file":
            return _file(path)
        return _folder(path) if how == "folder" else _name(path)
    except FileNotFoundError:
        return _MISSING
    except (OSError, ValueError) as error:
        return f"!{getattr(error, 'errno', '')}".encode()


def digest(parts: Iterable[bytes]) -> bytes:
    """A hash of these parts, in this order; other parts have another one."""
    made = blake2b(digest_size=32)
    for part in parts:
        made.update(len(part).to_bytes(8, "big") + part)
    return made.digest()


def _file(path: str) -> bytes:
    handle = os.open(path, _FLAGS)
    try:
        known = os.fstat(handle)
        if not stat.S_ISREG(known.st_mode) or known.st_size > _LARGEST:
            return f"?{known.st_mode}".encode()
        parts = []
        while part := os.read(handle, 1 << 20):
            parts.append(part)
    finally:
        os.close(handle)
    return _content(known.st_mode, b"".join(parts))


def _content(mode: int, raw: bytes) -> bytes:
    return b"%o %d " % (mode, len(raw)) + digest((raw,))


def _folder(path: str) -> bytes:
    found = []
    with os.scandir(path) as entries:
        for entry in entries:
            kind = "d" if entry.is_dir(follow_symlinks=False) else "f"
            if entry.is_symlink():
                kind = f"l{_link(entry.path)}"
            found.append(f"{entry.name}\0{kind}")
    return "\0".join(sorted(found)).encode("utf-8", "surrogateescape")


def _name(path: str) -> bytes:
    known = os.lstat(path)
    return f"{known.st_mode:o} {_link(path)}".encode("utf-8", "surrogateescape")


def _link(path: str) -> str:
    """Where a link leads, through all others, and what is there."""
    try:
        return f"{os.path.realpath(path)} {os.stat(path).st_mode:o}"
    except OSError:
        return os.path.realpath(path)


def _audit(event: str, given: tuple[object, ...]) -> None:
    if event not in _HEARD:  # most events are others
        return
    if event == "open":
        path, _, flags = given
        if isinstance(path, str) and path.startswith(_RUN.program) and "/.." not in path:
            _RUN.own.add(path)
        elif isinstance(path, (str, bytes)):
            _opens(_absolute(path), flags if isinstance(flags, int) else 0)
    elif event in {"os.listdir", "os.scandir"}:
        path = given[0] or "."
        if isinstance(path, (str, bytes)):
            _opens(_absolute(path), 0)
        else:
            spoil()
    elif event == "subprocess.Popen":
        _RUN.alone = False
        if not any(worker in str(given[1]) for worker in _WORKERS):
            spoil()
    elif event in _OTHERS:
        path = given[0] if given else None
        # A module of the program may be compiled.
        if not isinstance(path, (str, bytes)) or not _is_program(_absolute(path)):
            spoil()


def _absolute(path: str | bytes) -> str:
    return os.path.abspath(os.fsdecode(path))


def _opens(where: str, flags: int) -> None:
    if where == os.devnull:
        return
    if _is_program(where):
        _RUN.own.add(where)
        return
    if flags & _WRITES:
        spoil()
    else:
        _RUN.opened.add(where)


def _is_program(path: str) -> bool:
    return f"{path}{os.sep}".startswith(_RUN.program)
