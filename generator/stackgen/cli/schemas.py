"""`stackgen schemas`: which API schemas are known, and taking in the user's own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of, option, repeated
from stackgen.cli.output import notes, say
from stackgen.cli.output import write as output
from stackgen.cli.stack_options import DIRECTORY
from stackgen.errors import UsageError
from stackgen.escape import visible
from stackgen.reading import read_text

if TYPE_CHECKING:
    from stackgen.schema.importer import Imported


@click.group()
def schemas() -> None:
    """List and print schemas of APIs and of stack.yaml, or import your own
    CustomResourceDefinitions."""


@schemas.command("list")
@one_of("--output-format", ("text", "json"), "Output format.")
@option("--release ROW", "Only schemas of this release.  [default: all]")
@repeated("--schemas DIR", "Folder with additional schemas. Repeatable.", "folders")
@DIRECTORY
def list_(output_format: str, release: str, folders: tuple[str, ...], directory: str) -> None:
    """List the kinds and versions with a known schema: their source, date and age in days."""
    from stackgen.cli.release import check, opened
    from stackgen.schema import listing
    from stackgen.schema.store import SchemaCatalog

    own = opened(directory)
    check(release, own)
    schemas = SchemaCatalog((*folders, *own.schemas), own.catalog.variants(release))
    rows = listing.rows(schemas, bool(release))
    say(listing.as_json(rows) if output_format == "json" else listing.text(rows, date.today()))


@schemas.command()
@option("--overlay", "The schema of overlays, in which all keys are optional.")
@option(
    "--write",
    "Write both schemas to .schemas/ next to stack.yaml. The first line of each file names them.",
)
@DIRECTORY
def stack(overlay: bool, write: bool, directory: str) -> None:
    """Print the JSON Schema of stack.yaml for editors, with the names in your catalog."""
    from stackgen.cli.release import opened
    from stackgen.editor.schema import FOLDER, schema_files, text
    from stackgen.folders import check_way, make
    from stackgen.spec.schema import ID

    if write and overlay:
        raise UsageError("--write writes both schemas; leave out --overlay")
    catalog = opened(directory).catalog
    if not write:
        say(text(catalog, overlay))
        return
    for name, content in schema_files(catalog).items():
        file = os.path.normpath(os.path.join(directory, FOLDER, name))
        check_way(directory, FOLDER)
        if os.path.lexists(file) and f'"$id": "{ID}{name}"' not in read_text(file):
            raise UsageError(f"{file}: is not a schema of stackgen; move it")
        make(os.path.dirname(file))
        output(file, content.decode())
        notes((f"{file}: written",))


@schemas.command("output")
@click.argument("name", default="", shell_complete=complete.outputs)
def output_(name: str) -> None:
    """Print the JSON Schema of the JSON output of a command, or list these schemas.

    \b
    stackgen schemas output plan
    """
    from stackgen.report.output_schemas import file_of, listed

    say(read_text(file_of(name)) if name else "".join(f"{line}\n" for line in listed()))


@schemas.command("import")
@click.argument(
    "paths", nargs=-1, required=True, metavar="FILE|DIR|-...", shell_complete=complete.paths
)
@option(
    "--to DIR",
    "Folder to write to. `stackgen lint --schemas DIR` reads it.",
    "folder",
    default="schemas",
    show_default=True,
)
def import_(paths: tuple[str, ...], folder: str) -> None:
    """Convert CustomResourceDefinitions into schemas, with their CEL rules.

    Each served version is written to DIR/<group>/<kind>_<version>.json. An imported kind replaces
    all versions of the built-in kind.
    """
    from stackgen.schema import importer

    files = importer.convert(importer.read(paths))
    if not files:
        raise UsageError(f"no CustomResourceDefinition in {', '.join(paths)}")
    _write(files, folder)
    for item in files:
        rules = f", {item.cel} rules in CEL" if item.cel else ""
        say(visible(f"{folder}/{item.path}  {item.kind} {item.version}{rules}") + "\n")


def _write(files: Iterable[Imported], folder: str) -> None:
    """Write the schemas: all of them, or none. Raises UsageError; then nothing changed.

    Each group is a folder that is exchanged, as an environment of out/ is.
    """
    from stackgen.schema.importer import is_ours
    from stackgen.tree.compare import compare
    from stackgen.tree.stage import Replacement
    from stackgen.tree.write import alone, replace

    groups: dict[str, dict[str, bytes]] = {}
    for item in files:
        group, _, name = item.path.partition("/")
        groups.setdefault(group, {})[name] = item.text.encode("utf-8")
    target = os.path.abspath(folder)
    with alone(target):
        replacements = []
        for group, texts in groups.items():
            place = os.path.join(target, group)
            replacements.append(Replacement(place, texts, compare(place, texts, is_ours)))
        kept = replace(replacements)
    notes(f"{name}: another file has its place; move it where it belongs" for name in kept)
