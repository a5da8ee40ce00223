"""The options that commands about a stack share."""

from __future__ import annotations

import click

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
