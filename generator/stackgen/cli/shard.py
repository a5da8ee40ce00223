"""`--shard` and `--jobs`: the options of commands whose work machines and processes share."""

from __future__ import annotations

import re

import click

from stackgen.checks.shard import Shard

MOST = 10_000


def _shard(_: click.Context, __: click.Parameter, value: str) -> Shard:
    found = re.fullmatch(r"([1-9][0-9]{0,4})/([1-9][0-9]{0,4})", value, re.ASCII)
    index, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= index <= count <= MOST:
        raise click.BadParameter(
            f"{value!r} is not I/N with I from 1 to N, and N at most {MOST}, such as 2/4"
        )
    return Shard(index, count)


SHARD = click.option(
    "--shard",
    default="1/1",
    metavar="I/N",
    callback=_shard,
    help="Do only part I of N of the work, such as 2/4. `stackgen merge` merges the reports.",
)

JOBS = click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=None,
    callback=lambda _, __, value: value or 0,
    metavar="N",
    help="Number of processes.  [default: 1; more in a build of 16 environments or more]",
)
