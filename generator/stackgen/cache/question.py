"""A command line as a question: the same question about the same inputs has the same answer.

The first key is of the program, the command line and its surroundings; under it is kept what the
last run looked at. The second is of that and of the state of each; under it is the answer. Keys
are hashes, so that nothing of an input is kept but the names of files. An answer is what the
command printed, which is redacted.
"""

from __future__ import annotations

import os
import stat
import sys
import time

from stackgen import __version__, paths
from stackgen.cache import seen, store
from stackgen.cache.seen import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from stackgen.cache.seen import Look

COMMANDS = ("build", "explain", "lint", "plan", "rules")
# Variables that an answer depends on. A test compares them with those that are read.
VARIABLES = (
    "NO_COLOR", "FORCE_COLOR", "TERM", "STACKGEN_DEBUG", "PYTHONIOENCODING", "PYTHONUTF8", "LC_ALL",
    "LC_CTYPE", "LANG", "FORCE_HYPERLINK", "TERM_PROGRAM", "KONSOLE_VERSION", "WT_SESSION",
    "VTE_VERSION",
)  # fmt: skip
# What a command asks for in the folder of a spec.
_NAMES = (
    "stack.yaml", ".stackgen.yaml", "overlays", "catalog", "schemas", "policies", "out", ".git",
)  # fmt: skip
_FORMAT = "1"


class Answer:
    """The exit code, and what was printed, in order: `out` or `err`, and the text."""

    def __init__(self, code: int, told: list[tuple[str, str]]) -> None:
        self.code = code
        self.told = told


class Question:
    """A command line whose answer may be kept.

    where: the folder. key: the first key. program: a hash of the program. stamps: the files of the
    program by size and time, and its folders by time.
    """

    def __init__(
        self, where: str, key: str, arguments: tuple[str, ...], program: str, stamps: dict[str, str]
    ) -> None:
        self.where = where
        self.key = key
        self.arguments = arguments
        self.program = program
        self.stamps = stamps


def asked(arguments: Sequence[str], environment: Mapping[str, str]) -> Question | None:
    """The question that a command line is; None for one whose answer is never kept."""
    if (
        not arguments
        or arguments[0] not in COMMANDS
        or {"--no-cache", "--watch", "-h", "--help"} & set(arguments)
    ):
        return None
    where = store.folder(_named(arguments), environment)
    if not where or sys.stdout is None or sys.stderr is None:
        return None
    try:
        stamps = _program_stamps()
        program = _program_hash(where, stamps)
        if not program:
            return None
        key = _key(program, arguments, environment)
    except OSError:
        return None
    return Question(where, key, tuple(arguments), program, stamps)


def _key(program: str, arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    return _hash([program, os.getcwd(), today(), *_surroundings(environment), *arguments])


def answer(question: Question) -> Answer | None:
    """The answer that is kept, if nothing changed that it depends on."""
    kept = store.get(question.where, question.key)
    if kept is None:
        return None
    looks = _looks(kept)
    if looks is None:
        return None
    found = store.get(question.where, _second(question, {x: seen.state(x) for x in looks}))
    return None if found is None else _answer(found)


def begin(question: Question) -> None:
    """Note what the run looks at, from its command line on."""
    seen.begin(_own_folders(question.where))
    for argument in question.arguments:
        for text in {argument, argument.partition("=")[2], argument[2:]} - {""}:
            seen.name(text)
    for root in {".", *_directories(question.arguments)}:
        for name in _NAMES:
            seen.name(os.path.join(root, name))


def keep(question: Question, code: int) -> bool:
    """Keep the answer, if all that it depends on is known; whether it is."""
    looks = seen.looked()
    told = seen.told()
    if looks is None or code not in (0, 1):
        return False
    if not _is_same(question):
        return False
    texts = [text for one in told for text in one]
    if any("\0" in text for text in texts):
        return False
    store.put(
        question.where, question.key, _joined([part for look in sorted(looks) for part in look])
    )
    store.put(question.where, _second(question, looks), _joined([str(code), *texts]))
    return True


def _is_same(question: Question) -> bool:
    """Whether what was asked, and the program, are what they were when the run began.

    A file that the run did not open cannot have another effect, as long as no folder has other
    names. To look at all files takes three times as long.
    """
    used = seen.own()
    if used is not None:
        modules = (getattr(module, "__file__", None) or "" for module in list(sys.modules.values()))
        own = (*(folder + os.sep for folder in _program_folders()),)
        files = {path for path in (*used, *modules) if path.startswith(own)}
        files = {path for path in files if f"{os.sep}__pycache__" not in path}
        files |= {path for path, stamp in question.stamps.items() if stamp.startswith("/")}
        if all(question.stamps.get(path) == _stamp(path) for path in files):
            return _key(question.program, question.arguments, os.environ) == question.key
    again = asked(question.arguments, os.environ)
    return again is not None and again.key == question.key


def today() -> str:
    """The day, as the rules read it."""
    return time.strftime("%Y-%m-%d")


def _named(arguments: Sequence[str]) -> str:
    """The value of --cache."""
    found = ""
    for argument, following in zip(arguments, (*arguments[1:], ""), strict=True):
        if argument == "--cache":
            found = following
        elif argument.startswith("--cache="):
            found = argument.partition("=")[2]
    return found


def _directories(arguments: Sequence[str]) -> list[str]:
    """Every value of -C, however it is written."""
    found = []
    for argument, following in zip(arguments, (*arguments[1:], ""), strict=True):
        if argument in ("-C", "--directory") and following:
            found.append(following)
        elif argument.startswith(("-C", "--directory=")):
            found.append(argument.removeprefix("-C").removeprefix("--directory="))
    return [one for one in found if one]


def _surroundings(environment: Mapping[str, str]) -> list[str]:
    """What an output depends on beside the command line."""
    found = [f"{name}={environment[name]}" for name in VARIABLES if name in environment]
    found.append(f"{sys.stdout.isatty()} {sys.stderr.isatty()}")
    found.append(f"{sys.stderr.encoding} {sys.stderr.errors}")
    if sys.stdout.isatty():
        found.append(str(os.get_terminal_size(sys.stdout.fileno())))
    return [*found, sys.getfilesystemencoding(), str(os.geteuid())]


def _program_hash(where: str, stamps: Mapping[str, str]) -> str:
    """The hash of the program by its content, so that a copy in another CI job is the same.

    To read all of it takes long: the folder `where` keeps the hash of the files as they stand here.
    Empty when it keeps nothing.
    """
    # What runs: the files of stackgen by size and time, and the versions of all else.
    files = "\0".join([f"{path} {x}" for path, x in stamps.items() if x[0] != "/"])
    key = _hash([_FORMAT, "program", *_versions(), sys.executable, files])
    kept = store.get(where, key)
    if kept is not None:
        return kept.decode("ascii", "replace")
    found = _hash([_FORMAT, *_versions(), *_contents()])
    store.put(where, key, found.encode())
    return found if store.get(where, key) is not None else ""


def _program_stamps() -> dict[str, str]:
    """The files of the program by size and time, sorted, and its folders by time."""
    found: dict[str, str] = {}
    for folder in _program_folders():
        _stamps(folder, found)
    return found


def _versions() -> list[str]:
    """The versions of Python and of the packages, by their names."""
    found = [__version__, sys.version, str(sys.flags)]
    for place in sys.path:
        if os.path.isdir(place):
            found += sorted(x for x in os.listdir(place) if x.endswith((".dist-info", ".pth")))
    return found


def _contents() -> list[str | bytes]:
    """Name and content of each file of the program."""
    found: list[str | bytes] = []
    for folder in _program_folders():
        stamps: dict[str, str] = {}
        _stamps(folder, stamps)
        for path, stamp in stamps.items():
            if not stamp.startswith("/"):
                with open(path, "rb") as stream:
                    found += (os.path.relpath(path, folder), stream.read())
    return found


def _program_folders() -> tuple[str, ...]:
    package = os.path.dirname(os.path.abspath(paths.__file__))
    data = (paths.schemas(), paths.policies(), paths.rules(), paths.runbooks())
    return (package, *(x for x in data if not x.startswith(package + os.sep)))


def _own_folders(where: str) -> tuple[str, ...]:
    """Folders whose state is that of the program, and the cache itself."""
    installed = (x for x in sys.path if x.endswith(("site-packages", "dist-packages")))
    compiled = [sys.pycache_prefix] if sys.pycache_prefix else []
    library = os.path.dirname(os.__file__)
    folders = (*_program_folders(), *installed, library, *compiled, where)
    return tuple(map(os.path.abspath, folders))


def _stamps(folder: str, found: dict[str, str]) -> None:
    inner = []
    found[folder] = _stamp(folder) or ""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda x: x.name):
            if entry.is_dir():
                if entry.name != "__pycache__":
                    inner.append(entry.path)
            else:
                known = entry.stat()
                found[entry.path] = f"{known.st_size} {known.st_mtime_ns} {known.st_ino}"
    for path in inner:
        _stamps(path, found)


def _stamp(path: str) -> str | None:
    """Size, time and number of a file; the time of a folder, after a slash; None for nothing."""
    try:
        known = os.stat(path)
    except OSError:
        return None
    if stat.S_ISDIR(known.st_mode):
        return f"/{known.st_mtime_ns}"
    return f"{known.st_size} {known.st_mtime_ns} {known.st_ino}"


def _second(question: Question, looks: Mapping[Look, bytes]) -> str:
    parts: list[str | bytes] = [question.key]
    for look in sorted(looks):
        parts += (*look, looks[look])
    return _hash(parts)


def _hash(parts: Sequence[str | bytes]) -> str:
    return digest(x if isinstance(x, bytes) else _bytes(x) for x in parts).hex()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _joined(parts: Sequence[str]) -> bytes:
    return b"\0".join(map(_bytes, parts))


def _split(raw: bytes) -> list[str] | None:
    try:
        return raw.decode("utf-8", "surrogatepass").split("\0")
    except UnicodeDecodeError:
        return None


def _looks(raw: bytes) -> list[Look] | None:
    parts = _split(raw)
    if parts is None or len(parts) % 2:
        return None
    looks: Any = list(zip(parts[::2], parts[1::2], strict=True))
    if any(how not in ("file", "folder", "name") for how, _ in looks):
        return None
    found: list[Look] = looks
    return found


def _answer(raw: bytes) -> Answer | None:
    parts: Any = _split(raw)
    if parts is None or parts[0] not in ("0", "1") or not len(parts) % 2:
        return None
    told = list(zip(parts[1::2], parts[2::2], strict=True))
    if any(stream not in ("out", "err") or not _is_plain(text) for stream, text in told):
        return None
    return Answer(int(parts[0]), told)


def _is_plain(text: str) -> bool:
    """Whether nothing in it but color could do something to a terminal."""
    bare = text.replace("\n", "").replace("\t", "")
    return all(c >= " " or c == "\x1b" for c in bare)
