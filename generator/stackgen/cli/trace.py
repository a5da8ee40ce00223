"""`stackgen trace`: from a rendered line back to what decided it."""

from __future__ import annotations

import os

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of
from stackgen.cli.output import notes, say
from stackgen.cli.provenance import compiled_for, environment_of
from stackgen.cli.stack_options import DIRECTORY, environment
from stackgen.compiler import OUT
from stackgen.errors import UsageError
from stackgen.provenance.places import FilePlace, file_place, object_place
from stackgen.provenance.show import trace_json, trace_text
from stackgen.provenance.trace import find
from stackgen.reading import UnreadableError, read_text


@click.command()
@click.argument("place", metavar="FILE:LINE[:COL]|KIND/NAME:PATH", shell_complete=complete.places)
@environment("Environment, for KIND/NAME:PATH.")
@one_of("--output-format", ("text", "json"), "Output format.")
@DIRECTORY
def trace(place: str, env: str, output_format: str, directory: str) -> None:  # fmt: skip
    """Show the origin of a rendered value: lines of the spec, overlay, catalog rows, reasons.

    \b
    stackgen trace out/prod/4-serving/llminferenceservice-x.yaml:44
    stackgen trace --env prod PodDisruptionBudget/x:spec.maxUnavailable
    """
    root = os.path.abspath(directory)
    wanted = file_place(place) or object_place(place)
    if wanted is None:
        raise UsageError(f"{place!r} is neither FILE:LINE nor KIND/NAME:PATH")
    if isinstance(wanted, FilePlace):
        env = environment_of(wanted.file)
    compiled = compiled_for(root, env)
    assert compiled.bundle is not None
    found = find(compiled.bundle, wanted)
    if isinstance(wanted, FilePlace) and _is_stale(root, wanted.file, found.resource.text):
        notes((f"{wanted.file} is not what {OUT}/ would hold now; lines are counted as rendered",))
    render = trace_json if output_format == "json" else trace_text
    say(render(found))


def _is_stale(root: str, file: str, text: str) -> bool:
    try:
        return read_text(os.path.join(root, file)) != text
    except UnreadableError:
        return True
