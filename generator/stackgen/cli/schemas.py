"""`stackgen schemas`: which API schemas are known, and taking in the user's own."""

from __future__ import annotations

import click

from stackgen.cli.output import say
from stackgen.cli.stack_options import DIRECTORY
from stackgen.escape import visible
from stackgen.reading import read_text


@click.group()
def schemas() -> None:
    """Schemas of APIs and of stack.yaml: list them, print one, import your own definitions."""


@schemas.command("list")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the list.",
)
@click.option(
    "--release",
    default="",
    metavar="ROW",
    help="Only what applies to this release row.  [default: everything]",
)
@click.option(
    "--schemas",
    "folders",
    multiple=True,
    metavar="DIR",
    help="Folder of further schemas. Repeatable.",
)
@DIRECTORY
def list_(output_format: str, release: str, folders: tuple[str, ...], directory: str) -> None:
    """Every kind and version whose schema is known, whose it is and from when."""
    from stackgen.cli.release import check, opened
    from stackgen.schema import listing
    from stackgen.schema.store import Catalogue

    own = opened(directory)
    check(release, own)
    schemas = Catalogue((*folders, *own.schemas), own.catalog.variants(release))
    rows = listing.rows(schemas, bool(release))
    say(listing.as_json(rows) if output_format == "json" else listing.text(rows))


@schemas.command()
def stack() -> None:
    """The JSON Schema of stack.yaml, for editors."""
    from stackgen import paths

    say(read_text(paths.schemas("stack.schema.json")))


@schemas.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR|-...")
@click.option(
    "--to",
    "folder",
    default="schemas",
    show_default=True,
    metavar="DIR",
    help="Folder to write to; `stackgen lint --schemas DIR` reads it.",
)
def import_(paths: tuple[str, ...], folder: str) -> None:
    """Turn CustomResourceDefinitions into schemas, rules in CEL included.

    Every served version becomes DIR/<group>/<kind>_<version>.json. An imported kind replaces the
    built-in one with all its versions.
    """
    from stackgen.errors import UsageError
    from stackgen.schema import importer

    files = importer.convert(importer.read(paths))
    if not files:
        raise UsageError(f"no CustomResourceDefinition in {', '.join(paths)}")
    importer.write(files, folder)
    for item in files:
        rules = f", {item.cel} rules in CEL" if item.cel else ""
        say(visible(f"{folder}/{item.path}  {item.kind} {item.version}{rules}") + "\n")
