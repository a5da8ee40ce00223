"""The options that commands about a stack share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from stackgen.cli import complete
from stackgen.findings.pipeline import Options

F = TypeVar("F", bound=Callable[..., Any])

DIRECTORY = click.option(
    "-C",
    "--directory",
    default=".",
    metavar="DIR",
    shell_complete=complete.paths,
    help="The folder of stack.yaml.",
)
ENVIRONMENTS = click.option(
    "--env",
    "envs",
    multiple=True,
    metavar="ENV",
    shell_complete=complete.environments,
    help="Only this environment. Repeatable.  [default: all]",
)


def environment(words: str) -> Callable[[F], F]:
    """--env for one environment. words: the help."""
    return click.option(
        "--env", default="", metavar="ENV", shell_complete=complete.environments, help=words
    )


COLOR = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Color; auto follows NO_COLOR and FORCE_COLOR.",
)
KNOWN_MODELS = click.option(
    "--require-known-model",
    is_flag=True,
    help="Fail if the size of a model is not known, so that its memory fit is not checked.",
)


def known_models(options: Options, required: bool) -> Options:
    """The options of a run in which a model of unknown size is an error, if `required`."""
    return replace(options, raised=frozenset({"model-size-unknown"})) if required else options
