"""From a compiled environment to the bytes of every file below `out/<env>`."""

from __future__ import annotations

from stackgen import __version__
from stackgen.compiler import OUT, Compiled
from stackgen.tree import lock


def files_of(compiled: Compiled) -> dict[str, bytes]:
    """Every file by its path below `out/<env>`, the lock among them."""
    assert compiled.bundle is not None and compiled.plan is not None
    prefix = f"{OUT}/{compiled.env}/"
    files = {
        resource.file.removeprefix(prefix): resource.text.encode("utf-8")
        for resource in compiled.bundle.resources
    }
    row = compiled.plan.release.row
    dates = {f"{used.file}#{used.key}": used.as_of for used in compiled.catalog.used()}
    files[lock.NAME] = lock.lock_text(compiled.loaded.data, row.key, dates, __version__, files)
    return files
