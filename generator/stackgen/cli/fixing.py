"""`--fix` and `--diff`: edit the files of the spec, or show how."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping

from stackgen.cli.output import notes, say
from stackgen.errors import UsageError
from stackgen.escape import visible
from stackgen.findings.fix import Applied, apply, diff
from stackgen.findings.model import Fix
from stackgen.manifest.secret_text import masked
from stackgen.reading import read_text
from stackgen.record import record
from stackgen.redact import redact
from stackgen.report.style import Ink, Style, style_for
from stackgen.wording import counted


@record
class Fixed:
    """files: those that changed, or would. fixed: how many findings' remedies were made."""

    files: tuple[str, ...]
    fixed: int


def apply_fixes(
    fixes: Mapping[str, Iterable[Fix]], root: str = "", *, show: bool = False, color: str = "auto"
) -> Fixed:
    """Make the fixes, by file, in the files below `root`.

    With `show`, write a diff to standard output and leave the files alone. What could not be
    fixed is said on standard error. Raises UsageError for a file that cannot be used.
    """
    changed, fixed = [], 0
    style = style_for(sys.stdout, color, os.environ)
    for file, wanted in fixes.items():
        path = os.path.join(root, file)
        before = read_text(path, file)
        applied = apply(before, wanted)
        fixed += len(applied.done)
        _tell(file, applied)
        if applied.text == before:
            continue
        changed.append(file)
        if show:
            say(
                "".join(
                    _painted(
                        diff(file, redact(masked(before)), redact(masked(applied.text))), style
                    )
                )
            )
        else:
            _write(path, file, applied.text)
    if fixed:
        verb = "would fix" if show else "fixed"
        notes([f"{verb} {counted(fixed, 'finding')} in {', '.join(changed)}"])
    return Fixed(tuple(changed), fixed)


def _tell(file: str, applied: Applied) -> None:
    from stackgen.manifest.document import show_path

    notes(f"{file}: {show_path(fix.path)} not fixed: {why}" for fix, why in applied.refused)


def _painted(text: str, style: Style) -> Iterator[str]:
    """The lines of a diff."""
    inks: dict[str, Ink] = {"+": "add", "-": "remove"}
    for line in text.splitlines():
        ink = inks.get(line[:1])
        body = "\t".join(map(visible, line.split("\t")))
        yield f"{style.paint(ink, body) if ink else body}\n"


def _write(path: str, name: str, text: str) -> None:
    """Replace the file as a whole: a fix is there, or it is not."""
    target = os.path.realpath(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target) or ".", prefix=".stack-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(text.encode("utf-8"))
            shutil.copymode(target, temporary)
            os.replace(temporary, target)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise UsageError(f"{name}: cannot be written: {error.strerror or error}") from None
