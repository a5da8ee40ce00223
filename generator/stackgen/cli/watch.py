"""`--watch`: run the command again when a file changes that it may read."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

import click

from stackgen.cli.output import notes
from stackgen.errors import UsageError
from stackgen.reading import walk
from stackgen.wording import counted, few

OPTION = "--watch"
_EVERY = 0.5  # seconds
_NAMED = 3
_FOR_PEOPLE = ("text", "concise")
# What the command writes must not run it again: folders of `stackgen build`, and files by option.
_WRITTEN = ("out", "bootstrap")
_SELECTING = ("--select", "--ignore")
_WRITING = ("--output", "--write-baseline", "--cache")

# Path -> time of the last change and size.
Stamps = Mapping[str, tuple[int, int]]


def _begin(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from stackgen.manifest.inputs import STDIN  # with what reads charts, which few runs need

        arguments = [x for x in sys.argv[1:] if x != OPTION]
        if STDIN in arguments:
            raise UsageError("--watch runs again when files change; standard input cannot change")
        _check(arguments)
        again(lambda: _run(arguments), lambda: stamps(arguments), lambda: time.sleep(_EVERY))


def _check(arguments: Sequence[str]) -> None:
    """Raise UsageError for what each run would refuse until the command is another one."""
    from stackgen.findings import config
    from stackgen.findings.rules import all_rules
    from stackgen.findings.select import selectors

    values = dict(_values(arguments))
    shown = values.get("--output-format", _FOR_PEOPLE[0])
    if shown not in _FOR_PEOPLE:
        raise UsageError(
            f"--watch shows reports to people: use {' or '.join(_FOR_PEOPLE)}, not {shown}",
            "For a program, `--output FORMAT=FILE` writes the file again with each run.",
        )
    rules = all_rules()
    for option, value in _values(arguments):
        if option in _SELECTING:
            selectors(rules, value.split(","), option)
    config.load(values.get("-C", "") if arguments[:1] == ["build"] else "", rules)


WATCH = click.option(
    OPTION, is_flag=True, expose_value=False, callback=_begin, is_eager=True,
    help="Run again when a file changes, until Ctrl-C.",
)  # fmt: skip


def again(run: Callable[[], None], look: Callable[[], Stamps], wait: Callable[[], None]) -> None:
    """Run, and run again after each change of what `look` sees, until an interrupt."""
    while True:
        # From before the run: what is saved while it runs counts.
        before = look()
        run()
        notes((f"watching {counted(len(before), 'file')}; Ctrl-C ends this",))
        changed: list[str] = []
        while not changed:
            wait()
            after = look()
            changed = sorted(x for x in {*before, *after} if before.get(x) != after.get(x))
        notes((f"changed: {few(map(os.path.relpath, changed), _NAMED)}",))


def stamps(arguments: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The state of every file that is named, or below a folder that is named, or here.

    What .gitignore leaves out is not watched, unless it is named.
    """
    found: dict[str, tuple[int, int]] = {}
    streams = {_identity(os.fstat(number)) for number in _open_streams()}
    for path in _files(arguments):
        try:
            known = os.stat(path)
        except OSError:  # removed since, or a link to nothing
            continue
        if _identity(known) in streams:  # the shell writes the report there
            continue
        found[os.path.abspath(path)] = (known.st_mtime_ns, known.st_size)
    return found


def _open_streams() -> Iterator[int]:
    """The descriptors of standard output and standard error that are open."""
    for number in (1, 2):
        with suppress(OSError):
            os.fstat(number)
            yield number


def _identity(known: os.stat_result) -> tuple[int, int]:
    return known.st_dev, known.st_ino


def _files(arguments: Sequence[str]) -> Iterator[str]:
    from stackgen.manifest.excluded import Excluded, finder

    why = finder(Excluded())
    written = set(map(os.path.abspath, _written(arguments)))
    folders_written = _WRITTEN if arguments[:1] == ["build"] else ()
    named = {text for x in arguments for text in (x, x.partition("=")[2], x[2:]) if text}
    for top in sorted({".", *filter(os.path.exists, named)}):
        if os.path.abspath(top) in written:
            continue
        if not os.path.isdir(top):
            yield top
            continue
        for here, folders, names in walk(top, onerror=lambda error: None):
            folders[:] = [
                f
                for f in folders
                if not f.startswith(".")
                and f not in folders_written
                and os.path.abspath(os.path.join(here, f)) not in written
                and not why(os.path.join(here, f), True, top)
            ]
            paths = (os.path.join(here, name) for name in names)
            yield from (path for path in paths if os.path.abspath(path) not in written)


def _written(arguments: Sequence[str]) -> Iterator[str]:
    """The files that the options name as results, such as b.json of `--output json=b.json`."""
    for option, value in _values(arguments):
        if option in _WRITING:
            yield value.partition("=")[2] if option == "--output" else value


def _values(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Options with their values, `--option VALUE` or `--option=VALUE`."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        option, _, value = argument.partition("=")
        yield option, value or following


def _run(arguments: Sequence[str]) -> None:
    import subprocess

    if sys.stdout is not None and sys.stdout.isatty():
        click.clear()
    subprocess.run([sys.executable, "-m", "stackgen", *arguments], check=False)
