"""Write the man page stackgen(1) from the help of the commands.

    python tools/docs/man.py [FILE]     the default is build/stackgen.1

click-man leaves out the commands of a group that imports them when they run, and fills the examples
of a help text like prose.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from stackgen import __version__
from stackgen.cli.main import cli

ROOT = Path(__file__).resolve().parent.parent.parent
_AS_IT_IS = "\b"  # what Click marks a paragraph with whose lines stay


def page() -> str:
    """The page in roff, the same for the same version."""
    context = click.Context(cli, info_name="stackgen")
    title, _, _ = (cli.help or "").partition("\n")
    lines = [
        f'.TH STACKGEN 1 "" "stackgen {__version__}" "User Commands"',
        ".SH NAME",
        rf"stackgen \- {_text(title)}",
        ".SH SYNOPSIS",
        *_synopsis(cli, context),
        ".SH DESCRIPTION",
        *_prose(cli.help or ""),
        ".SH OPTIONS",
        *_options(cli, context),
        ".SH COMMANDS",
        *_commands(cli, context),
    ]
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, above: click.Context) -> Iterator[str]:
    for name in group.list_commands(above):
        command = group.get_command(above, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=above)
        yield f'.SS "{_text(context.command_path)}"'
        yield from _synopsis(command, context)
        yield from _prose(command.help or "")
        yield from _options(command, context)
        if isinstance(command, click.Group):
            yield from _commands(command, context)


def _synopsis(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f".B {_text(context.command_path)}"
    yield _text(" ".join(command.collect_usage_pieces(context)))


def _prose(help_text: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(help_text).split("\n\n"):
        yield ".PP"
        lines = [_text(line) for line in paragraph.split("\n") if line != _AS_IT_IS]
        yield from [".nf", *lines, ".fi"] if paragraph.startswith(_AS_IT_IS) else lines


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            yield ".TP"
            yield rf"\fB{_text(record[0])}\fR"
            yield _text(record[1])


def _text(text: str) -> str:
    """Text that roff takes for no request and no escape."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


def main(arguments: list[str]) -> int:
    """Write the page."""
    file = Path(arguments[0]) if arguments else ROOT / "build" / "stackgen.1"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
