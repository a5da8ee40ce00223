"""Options as their help shows them: `-o --out DIR`, a flag if no value is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from stackgen.cli import complete

F = TypeVar("F", bound=Callable[..., Any])
# How a shell completes a value, by the name that the help gives it.
_COMPLETED = {
    "CHART": complete.paths,
    "DIR": complete.paths,
    "ENV": complete.environments,
    "FILE": complete.paths,
    "MODEL": complete.models,
    "PATH": complete.paths,
    "ROW": complete.releases,
    "RULES": complete.rules,
    "ZONE": complete.zones,
}


def option(
    usage: str, words: str, name: str = "", default: Any = "", **more: Any
) -> Callable[[F], F]:
    """An option. words: the help. name: of the parameter, if it is not that of the option.

    more: further arguments of click.option.
    """
    flags = usage.split()
    given: dict[str, Any] = {"is_flag": True}
    if not flags[-1].startswith("-"):
        value = flags.pop()
        completed = _COMPLETED.get(value)
        given = {"metavar": value, "default": default, "shell_complete": completed}
    return click.option(*flags, *filter(None, (name,)), **{**given, **more}, help=words)


def repeated(usage: str, words: str, name: str = "", **more: Any) -> Callable[[F], F]:
    """An option that can be given several times."""
    return option(usage, words, name, None, multiple=True, **more)


def one_of(
    flag: str, values: Sequence[str], words: str, name: str = "", default: str = ""
) -> Callable[[F], F]:
    """An option with one of `values`: the first by default, which the help shows."""
    return click.option(
        flag, *filter(None, (name,)), type=click.Choice(values), default=default or values[0],
        show_default=True, help=words,
    )  # fmt: skip
