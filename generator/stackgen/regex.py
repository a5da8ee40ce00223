"""Regular expressions: compiled at their first use, or by an earlier run.

A run imports hundreds of them and uses half. To compile the other half takes as long as a fortieth
of a build, and to compile those that it uses as long as a fourteenth. Their code is therefore kept
in `__pycache__`, as Python keeps that of modules. It is kept of expressions that modules name, also
those of libraries. An expression that a run makes may hold a part of its input, and is not kept.
"""

from __future__ import annotations

import importlib
import marshal
import re
import sys
from typing import Any, cast

from stackgen.derived import beside, keep_whole

_METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
_MOST = 1000  # expressions that are kept
_IN_FUNCTION = 1  # in the flags of code: inspect.CO_OPTIMIZED

_Named = tuple[str, int]  # text and flags


class _Kept:
    """code: what `_sre.compile` takes, as marshal writes it. used: what modules name."""

    def __init__(self) -> None:
        self.code: dict[_Named, bytes] = {}
        self.used: dict[_Named, None] = {}


_RUN = _Kept()


class _Later:
    """A pattern that is not compiled yet. It then has the methods of the compiled one."""

    def __init__(self, text: str, flags: int, named: bool) -> None:
        self._given = (text, flags)
        self._named = named

    def __getattr__(self, name: str) -> Any:
        # Python calls this for a name that the object does not have.
        if self._named:
            _RUN.used[self._given[0], int(self._given[1])] = None
        compiled = re.compile(*self._given)
        self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)
        return getattr(compiled, name)


def regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, at the first use. Not for the functions of `re`, which take no such one."""
    named = not sys._getframe(1).f_code.co_flags & _IN_FUNCTION
    return cast("re.Pattern[str]", _Later(text, flags, named))


def use_kept() -> None:
    """From now on, compile no expression that an earlier run compiled."""
    try:
        compiler: Any = importlib.import_module("re._compiler")
        made = importlib.import_module("_sre").compile
        _RUN.code = _read(compiler)
        compiled = compiler.compile
    except (ImportError, AttributeError):  # another implementation of Python
        return

    def known(pattern: Any, flags: int = 0) -> Any:
        if type(pattern) is str:
            code = _RUN.code.get((pattern, flags))
            if code is not None:
                try:
                    return made(*marshal.loads(code))
                except (RuntimeError, TypeError, ValueError, EOFError):
                    del _RUN.code[pattern, flags]
            # re.compile called this, and a module that.
            if not sys._getframe(3).f_code.co_flags & _IN_FUNCTION:
                _RUN.used[pattern, flags] = None
        return compiled(pattern, flags)

    compiler.compile = known


def keep() -> None:
    """Keep the code of what this run compiled, where Python may write."""
    new = [named for named in _RUN.used if named not in _RUN.code]
    if not new or sys.dont_write_bytecode:
        return
    try:
        compiler: Any = importlib.import_module("re._compiler")
        found = {named: marshal.dumps(_code(compiler, *named)) for named in new}
        content = _head(compiler) + marshal.dumps(dict(list((found | _RUN.code).items())[:_MOST]))
    except (ImportError, AttributeError, TypeError, ValueError):
        return
    keep_whole(_place(), content)


def _place() -> str:
    return beside(__file__, "regex")


def _head(compiler: Any) -> bytes:
    """A line that is another one for another Python."""
    return f"{sys.version!r} {compiler.MAGIC}\n".encode()


def _read(compiler: Any) -> dict[_Named, bytes]:
    try:
        with open(_place(), "rb") as stream:
            if stream.readline() != _head(compiler):
                return {}
            found = marshal.loads(stream.read())
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _code(compiler: Any, text: str, flags: int) -> tuple[Any, ...]:
    """What `re` gives `_sre.compile` for this expression."""
    parsed = compiler._parser.parse(text, flags)
    groups = dict(parsed.state.groupdict)
    names: list[str | None] = [None] * parsed.state.groups
    for name, number in groups.items():
        names[number] = name
    code = [int(one) for one in compiler._code(parsed, flags)]
    after = int(flags | parsed.state.flags)
    return text, after, code, parsed.state.groups - 1, groups, tuple(names)
