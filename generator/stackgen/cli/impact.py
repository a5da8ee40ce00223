"""`stackgen impact`: from a spec line to every rendered line that follows from it."""

from __future__ import annotations

import os

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of
from stackgen.cli.output import notes, say
from stackgen.cli.provenance import all_compiled
from stackgen.cli.stack_options import DIRECTORY, ENVIRONMENTS
from stackgen.errors import UsageError
from stackgen.manifest.document import Path, show_path
from stackgen.provenance.impact import Hit, spec_leaves_at
from stackgen.provenance.impact import impact as hits_of
from stackgen.provenance.places import file_place, parse_path
from stackgen.provenance.show import impact_json, impact_text


@click.command()
@click.argument("place", metavar="FILE:LINE[:COL]|SPEC.PATH", shell_complete=complete.places)
@ENVIRONMENTS
@one_of("--output-format", ("text", "json"), "Output format.")
@DIRECTORY
def impact(
    place: str, envs: tuple[str, ...], output_format: str, directory: str
) -> None:  # fmt: skip
    """Show every rendered line that depends on a line or a path of the spec.

    \b
    stackgen impact stack.yaml:12
    stackgen impact overlays/prod/stack.yaml:8
    stackgen impact spec.serving.models[0].replicas

    A line with a plus sign does not exist now, but does with another value.
    """
    root = os.path.abspath(directory)
    spec: dict[Path, None] = {}
    hits: list[Hit] = []
    refused: list[UsageError] = []
    for compiled in all_compiled(root, envs):
        assert compiled.bundle is not None
        where = file_place(place)
        try:
            paths = spec_leaves_at(compiled.loaded, where) if where else [parse_path(place)]
        except UsageError as error:
            refused.append(error)
            continue
        found = list(hits_of(compiled.bundle, paths))
        if not where and not found:
            refused.append(UsageError(f"nothing in {compiled.env} depends on {place}"))
            continue
        spec.update(dict.fromkeys(paths))
        hits.extend(found)
    if not spec:
        raise refused[0]
    notes((f"{', '.join(show_path(p) for p in spec)}: {_count(hits)}",))
    if output_format == "json":
        say(impact_json([show_path(p) for p in spec], hits))
    else:
        say(impact_text(hits))


def _count(hits: list[Hit]) -> str:
    values = sum(1 for h in hits if h.kind == "value")
    files = len({h.file for h in hits if h.kind == "value"})
    return f"{values} values in {files} files" if hits else "no rendered value depends on it"
