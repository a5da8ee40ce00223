"""`stackgen catalog`: the facts of the catalog, with source and age."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of
from stackgen.cli.output import notes, say
from stackgen.cli.stack_options import DIRECTORY
from stackgen.errors import UsageError
from stackgen.redact import redact

if TYPE_CHECKING:
    from stackgen.catalog.load import Catalog
    from stackgen.catalog.rows import Row

# The word on the command line -> the kind of row.
KINDS = {
    "models": "model",
    "accelerators": "accelerator",
    "machines": "machine",
    "topologies": "topology",
    "regions": "region",
    "prices": "price",
    "throughput": "throughput",
    "images": "image",
    "gke": "gke",
    "sizing": "sizing",
    "releases": "release",
    "changes": "change",
}
SOURCE_WIDTH = 24  # columns of a list; `show` has the whole source
FORMAT = one_of("--output-format", ("text", "json"), "Output format.")
KIND = click.argument("kind", type=click.Choice(list(KINDS)))


@click.group()
def catalog() -> None:
    """List, show and search facts about models, accelerators, machines, regions, prices,
    throughput, images and releases.

    Rows in `catalog/` next to stack.yaml have precedence over those of stackgen.
    """


@catalog.command("list")
@KIND
@FORMAT
@DIRECTORY
def list_rows(kind: str, output_format: str, directory: str) -> None:
    """List the rows of a kind, with source and age."""
    _answer(_rows(_open(directory), [kind]), output_format)


@catalog.command("search")
@click.argument("text")
@FORMAT
@DIRECTORY
def search_rows(text: str, output_format: str, directory: str) -> None:
    """List the rows of all kinds that have TEXT in their name or in a value."""
    word = text.lower()
    rows = _rows(_open(directory), KINDS)
    found = [(k, r) for k, r in rows if word in json.dumps([r.key, r.data], default=str).lower()]
    if not found:
        notes([f"no row has {redact(text)}"])
    _answer(found, output_format)


@catalog.command("show")
@KIND
@click.argument("name", shell_complete=complete.rows)
@FORMAT
@DIRECTORY
def show_row(kind: str, name: str, output_format: str, directory: str) -> None:
    """Show every value of a row, its source, and what is not verified."""
    from stackgen.spelling import did_you_mean

    facts = _open(directory)
    row = facts.row(KINDS[kind], name)
    if row is None:
        hint = did_you_mean(name, facts.names(KINDS[kind]))
        raise UsageError(f"the catalog has no {KINDS[kind]} {redact(name)}{hint}")
    if output_format == "json":
        say(json.dumps({"version": 1, "row": _record(kind, row)}, indent=2, default=str) + "\n")
        return
    from stackgen.manifest.yaml_out import dump

    say(dump(_record(kind, row)).rstrip() + "\n")


def _open(directory: str) -> Catalog:
    from stackgen.repository import open_repository

    own = open_repository(os.path.abspath(directory))
    notes(f"{finding.rule.id}: {finding.message}" for finding in own.findings)
    return own.catalog


def _rows(facts: Catalog, kinds: Iterable[str]) -> list[tuple[str, Row]]:
    return [(kind, row) for kind in kinds for row in facts.rows(KINDS[kind])]


def _answer(rows: list[tuple[str, Row]], output_format: str) -> None:
    if output_format == "json":
        say(
            json.dumps({"version": 1, "rows": [_record(k, r) for k, r in rows]}, default=str) + "\n"
        )
        return
    from stackgen.table import table

    today = date.today()
    cells = [
        [
            row.key,
            kind,
            row.as_of,
            f"{(today - date.fromisoformat(row.as_of)).days} days",
            _short(row.source),
        ]
        for kind, row in rows
    ]
    say("\n".join(table(["NAME", "KIND", "AS OF", "AGE", "SOURCE"], cells, right=[3])) + "\n")


def _short(source: str) -> str:
    return source if len(source) <= SOURCE_WIDTH else f"{source[: SOURCE_WIDTH - 3]}..."


def _record(kind: str, row: Row) -> dict[str, Any]:
    values = {k: v for k, v in row.data.items() if k not in ("source", "as_of", "status")}
    return {
        "kind": kind,
        "name": row.key,
        "file": row.file,
        "source": row.source,
        "asOf": row.as_of,
        "status": dict(row.status),
        "values": values,
    }
