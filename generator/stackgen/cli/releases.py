"""`stackgen releases`: the releases that manifests can be judged by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from stackgen.cli.option import one_of
from stackgen.cli.output import say
from stackgen.cli.stack_options import DIRECTORY

if TYPE_CHECKING:
    from stackgen.catalog.rows import Row


@click.command("releases")
@one_of("--output-format", ("text", "json"), "Output format.")
@DIRECTORY
def releases(output_format: str, directory: str) -> None:
    """List the releases that `lint --release` and `spec.release` can name.

    Your own rows in `catalog/releases/` are listed too. `stackgen catalog show releases NAME` shows
    all values of a row.
    """
    from stackgen.cli.release import opened
    from stackgen.table import table

    rows = [_record(row) for row in opened(directory).catalog.rows("release")]
    if output_format == "json":
        say(json.dumps({"version": 1, "releases": rows}, indent=2) + "\n")
        return
    cells = [[r["name"], r["platform"], r["use"], r["schemas"], r["asOf"]] for r in rows]
    head = ("NAME", "PLATFORM", "USE", "API SCHEMAS", "AS OF")
    say("".join(f"{line}\n" for line in table(head, cells)))


def _record(row: Row) -> dict[str, Any]:
    """use: stacks are rendered for the row, or it is known to lint and expand alone."""
    platform, schemas = str(row.data["platform"]), row.data["schemas"]
    # A platform without an API of its own has that of the pools.
    own = schemas.get(platform, schemas["gateway_inference_extension"])
    return {
        "name": row.key,
        "platform": platform,
        "use": "lint" if row.data.get("lint_only") else "build, lint",
        "schemas": str(own),
        "asOf": str(row.as_of),
    }
