"""`--watch`: run the command again when a file changes that it may read."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import click

from stackgen.cli.output import notes
from stackgen.errors import UsageError
from stackgen.reading import walk

OPTION = "--watch"
_EVERY = 0.5  # seconds
_NAMED = 3
# What `stackgen build` writes. Its own files must not run it again.
_WRITTEN = ("out", "bootstrap")

# Path -> time of the last change and size.
Stamps = Mapping[str, tuple[int, int]]


def _begin(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from stackgen.manifest.inputs import STDIN  # with what reads charts, which few runs need

        arguments = [x for x in sys.argv[1:] if x != OPTION]
        if STDIN in arguments:
            raise UsageError("--watch runs again when files change; standard input cannot change")
        again(lambda: _run(arguments), lambda: stamps(arguments), lambda: time.sleep(_EVERY))


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
        notes((f"watching {len(before)} files; Ctrl-C ends this",))
        changed: list[str] = []
        while not changed:
            wait()
            after = look()
            changed = sorted(x for x in {*before, *after} if before.get(x) != after.get(x))
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        notes((f"changed: {', '.join(map(os.path.relpath, changed[:_NAMED]))}{more}",))


def stamps(arguments: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The state of every file that is named, or below a folder that is named, or here.

    What .gitignore leaves out is not watched, unless it is named.
    """
    found: dict[str, tuple[int, int]] = {}
    for path in _files(arguments):
        try:
            known = os.stat(path)
        except OSError:  # removed since, or a link to nothing
            continue
        found[os.path.abspath(path)] = (known.st_mtime_ns, known.st_size)
    return found


def _files(arguments: Sequence[str]) -> Iterator[str]:
    from stackgen.manifest.excluded import Excluded, finder

    why = finder(Excluded())
    named = {text for x in arguments for text in (x, x.partition("=")[2], x[2:]) if text}
    for top in sorted({".", *filter(os.path.exists, named)}):
        if not os.path.isdir(top):
            yield top
            continue
        for here, folders, names in walk(top, onerror=lambda error: None):
            written = _WRITTEN if here == "." else ()
            folders[:] = [
                f
                for f in folders
                if not f.startswith(".")
                and f not in written
                and not why(os.path.join(here, f), True, top)
            ]
            yield from (os.path.join(here, name) for name in names)


def _run(arguments: Sequence[str]) -> None:
    import subprocess

    if sys.stdout is not None and sys.stdout.isatty():
        click.clear()
    subprocess.run([sys.executable, "-m", "stackgen", *arguments], check=False)
