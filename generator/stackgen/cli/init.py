"""`stackgen init`: a new stack that builds at once."""

from __future__ import annotations

import os

import click

from stackgen.cli.output import say
from stackgen.errors import UsageError
from stackgen.starter import patterns
from stackgen.starter.files import CI, files, to_change
from stackgen.starter.write import taken, write_new


@click.command()
@click.argument("directory", default=".", metavar="[DIR]")
@click.option(
    "--pattern",
    default="single",
    show_default=True,
    metavar="NAME",
    help=f"What to start from: {', '.join(patterns.names())}.",
)
@click.option(
    "--ci",
    type=click.Choice(list(CI)),
    default="github",
    show_default=True,
    help="Whose workflow file to write.",
)
@click.option("--keep", is_flag=True, help="Keep files that are there, and write the others.")
def init(directory: str, pattern: str, ci: str, keep: bool) -> None:
    """Write a small stack into DIR: stack.yaml, overlays, a pre-commit hook, CI and a README.

    Nothing is asked and nothing is overwritten. `stackgen build` passes at once.
    """
    name = patterns.named(pattern)
    if os.path.lexists(directory) and not os.path.isdir(directory):
        raise UsageError(f"{directory}: is not a folder")
    wanted = files(name, ci)
    there = taken(directory, wanted)
    if there and not keep:
        listed = "".join(f"\n  {os.path.normpath(os.path.join(directory, n))}" for n in there)
        raise UsageError(
            f"these files are there already, or something is in their way:{listed}\n"
            "Nothing was written. Name another folder, or keep them with --keep."
        )
    new = {n: content for n, content in wanted.items() if n not in there}
    write_new(directory, new)
    say(_told(directory, name, new))


def _told(directory: str, pattern: str, new: dict[str, bytes]) -> str:
    """What was written, what its owner has to change, and what comes next."""
    where = {n: os.path.normpath(os.path.join(directory, n)) for n in new}
    lines = [f"{pattern}: {patterns.summary(pattern)}", ""]
    lines += [f"  {where[n]}" for n in new] or ["  nothing: every file is there already"]
    changes = [
        (f"{where[n]}:{line}", what) for n, text in new.items() for line, what in to_change(text)
    ]
    if changes:
        width = max(len(place) for place, _ in changes)
        lines += ["", "Yours to change before it goes to a cluster:", ""]
        lines += [f"  {place:{width}}  {what}" for place, what in changes]
    folder = "" if os.path.normpath(directory) == "." else f" -C {directory}"
    lines += ["", f"Next: stackgen build{folder}"]
    return "\n".join(lines) + "\n"
