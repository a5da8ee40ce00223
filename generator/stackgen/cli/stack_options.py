"""The options that commands about a stack share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of, option, repeated
from stackgen.findings.pipeline import Options

F = TypeVar("F", bound=Callable[..., Any])

DIRECTORY = option("-C --directory DIR", "Folder of stack.yaml.", default=".")
ENVIRONMENTS = repeated("--env ENV", "Only this environment. Repeatable.  [default: all]", "envs")


def environment(words: str) -> Callable[[F], F]:
    """--env for one environment. words: the help."""
    return click.option(
        "--env", default="", metavar="ENV", shell_complete=complete.environments, help=words
    )


COLOR = one_of(
    "--color", ("auto", "always", "never"), "Color; auto follows NO_COLOR and FORCE_COLOR."
)
KNOWN_MODELS = option(
    "--require-known-model",
    "Fail if the size of a model is not known, so that its memory fit is not checked.",
)


def known_models(options: Options, required: bool) -> Options:
    """The options of a run in which a model of unknown size is an error, if `required`."""
    return replace(options, raised=frozenset({"model-size-unknown"})) if required else options
