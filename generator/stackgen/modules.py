"""The compiled modules of stackgen in one file.

Python looks for a module, and then opens and reads its compiled file, with about 13 system calls. A
build imports a thousand modules. The run that imports a module first therefore keeps its code
in one file in `__pycache__`. Later runs read it with two system calls, while the size and the time
of the source are the same. Without that file, Python imports as it always does.
"""

from __future__ import annotations

import marshal
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType
from typing import Any

from stackgen.derived import beside, keep_whole

_PACKAGE = __name__.partition(".")[0]
_FOLDER = os.path.dirname(os.path.abspath(__file__))
_LENGTH = 8  # bytes that say how long the table is
_HEAD = 16  # bytes before the code in a compiled file

# Whether it is a package, the time and the size of the source, and where the code is.
_Entry = tuple[bool, int, int, int, int]


class _Kept:
    """entries: by the name of the module. handle: the open file. start: where code begins in it."""

    def __init__(self) -> None:
        self.entries: dict[str, _Entry] = {}
        self.handle = -1
        self.start = 0

    def code(self, name: str) -> bytes:
        """The code of a module, as marshal writes it. Raises OSError."""
        _, _, _, place, length = self.entries[name]
        return os.pread(self.handle, length, self.start + place)


_RUN = _Kept()


class _Loader(SourceFileLoader):
    """Loads a module from its source, with code that is kept in place of a compiled file."""

    def get_code(self, fullname: str) -> CodeType | None:
        try:
            code = marshal.loads(_RUN.code(fullname))
        except (OSError, ValueError, EOFError, TypeError):
            code = None
        return code if isinstance(code, CodeType) else super().get_code(fullname)


class _Finder:
    """Finds the modules whose code is kept, and whose source did not change."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        entry = _RUN.entries.get(name)
        if entry is None:
            return None
        is_package, *stamp, _, _ = entry
        source = _source(name, is_package)
        if _stamp(source) != stamp:
            del _RUN.entries[name]  # imported from its source, and kept again
            return None
        spec = ModuleSpec(name, _Loader(name, source), origin=source, is_package=is_package)
        spec.has_location, spec.cached = True, ""  # nothing reads it, and to compute it takes long
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(source)]
        return spec


def use_kept() -> None:
    """From now on, take the code of modules that an earlier run imported from the one file."""
    _open(_RUN)
    if _RUN.entries:
        finder: Any = _Finder
        sys.meta_path.insert(0, finder)


def keep() -> None:
    """Keep the code of the modules that this run imported, where Python may write."""
    new = {
        name: found
        for name in list(sys.modules)
        if name.startswith(f"{_PACKAGE}.") and name not in _RUN.entries
        if (found := _compiled(name)) is not None
    }
    if not new or sys.dont_write_bytecode:
        return
    known = {name: found for name in _RUN.entries if (found := _kept(name)) is not None}
    table: dict[str, _Entry] = {}
    parts: list[bytes] = []
    place = 0
    for name, (is_package, time, size, code) in sorted((known | new).items()):
        table[name] = (is_package, time, size, place, len(code))
        parts.append(code)
        place += len(code)
    index = marshal.dumps(table)
    length = len(index).to_bytes(_LENGTH, "big")
    keep_whole(_place(), b"".join([_head(), length, index, *parts]))


def _place() -> str:
    return beside(__file__, "modules")


def _head() -> bytes:
    """A line that is another one for another Python, and for the same files in another folder."""
    return f"{sys.version!r} {sys.flags.optimize} {_FOLDER!r}\n".encode()


def _open(kept: _Kept) -> None:
    head = _head()
    try:
        handle = os.open(_place(), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        raw = os.read(handle, len(head) + _LENGTH)
        length = int.from_bytes(raw[len(head) :], "big")
        if raw.startswith(head) and length < os.fstat(handle).st_size:
            table = marshal.loads(os.read(handle, length))
            if isinstance(table, dict):
                kept.entries, kept.handle, kept.start = table, handle, len(raw) + length
    except (OSError, ValueError, EOFError, TypeError):
        pass
    if not kept.entries:
        os.close(handle)


def _source(name: str, is_package: bool) -> str:
    where = os.sep.join([_FOLDER, *name.split(".")[1:]])
    return f"{where}{os.sep}__init__.py" if is_package else f"{where}.py"


def _stamp(source: str) -> list[int]:
    """Time and size of a source; nothing where there is none."""
    try:
        known = os.stat(source)
    except OSError:
        return []
    return [known.st_mtime_ns, known.st_size]


def _kept(name: str) -> tuple[bool, int, int, bytes] | None:
    """What is kept of a module whose source did not change."""
    entry = _RUN.entries.get(name)
    if entry is None or _stamp(_source(name, entry[0])) != [*entry[1:3]]:
        return None
    try:
        return (*entry[:3], _RUN.code(name))
    except OSError:
        return None


def _compiled(name: str) -> tuple[bool, int, int, bytes] | None:
    """What Python compiled of a module that this run imported, as the source stands."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    if spec is None or not spec.cached:
        return None
    is_package = spec.submodule_search_locations is not None
    source = _source(name, is_package)
    stamp = _stamp(source)
    try:
        with open(spec.cached, "rb") as stream:
            head, code = stream.read(_HEAD), stream.read()
    except OSError:
        return None
    if not stamp or spec.origin != source:
        return None
    time, size = stamp
    # As Python compares: four bytes each of the time in seconds and of the size.
    known = [int.from_bytes(head[at : at + 4], "little") for at in (4, 8, 12)]
    same = known == [0, time // 10**9 & 0xFFFFFFFF, size & 0xFFFFFFFF]
    return (is_package, time, size, code) if same else None
