"""Regular expressions that are compiled at their first use.

A run imports hundreds of them and uses half. To compile the other half takes as long as a fortieth
of a build.
"""

from __future__ import annotations

import re
from typing import Any, cast

_METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")


class _Later:
    """A pattern that is not compiled yet. It then has the methods of the compiled one."""

    def __init__(self, text: str, flags: int) -> None:
        self._given = (text, flags)

    def __getattr__(self, name: str) -> Any:
        # Python calls this for a name that the object does not have.
        compiled = re.compile(*self._given)
        self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)
        return getattr(compiled, name)


def regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, at the first use. Not for the functions of `re`, which take no such one."""
    return cast("re.Pattern[str]", _Later(text, flags))
