"""All commands of stackgen, with those of its groups."""

from __future__ import annotations

from collections.abc import Iterator

import click

from stackgen.cli.main import cli


def all_commands() -> Iterator[tuple[str, click.Command]]:
    """The commands without the groups, by what is typed, such as `net list`."""
    yield from _below("", cli, click.Context(cli))


def _below(
    path: str, group: click.Group, context: click.Context
) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _below(f"{path}{name} ", command, context)
        else:
            yield f"{path}{name}", command
