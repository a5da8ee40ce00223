"""The options that commands about a stack share."""

from __future__ import annotations

from dataclasses import replace

import click

from stackgen.findings.pipeline import Options

DIRECTORY = click.option(
    "-C", "--directory", default=".", metavar="DIR", help="The folder of stack.yaml."
)
ENVIRONMENTS = click.option(
    "--env",
    "envs",
    multiple=True,
    metavar="ENV",
    help="Only this environment. Repeatable.  [default: all]",
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
