"""The fields of a spec that a release row says its stacks cannot have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.manifest.document import Path


def refusals(row: Row, spec: Any) -> Iterator[tuple[dict[str, Any], Path]]:
    """Each entry of `unsupported` that the spec meets, with the path of the value in the spec."""
    for entry in row.data.get("unsupported", ()):
        for path, value in _at(spec, entry["field"].split(".")):
            if value == entry.get("value", value):
                yield entry, path


def releases_with(catalog: Catalog, entry: dict[str, Any]) -> list[str]:
    """The releases of stacks that refuse neither the field, nor one around it, for this value."""
    found = []
    for row in catalog.rows("release"):
        refused = [
            one for one in row.data.get("unsupported", ())
            if f"{entry['field']}.".startswith(f"{one['field']}.")
            and one.get("value", entry.get("value")) == entry.get("value")
        ]  # fmt: skip
        if not refused and not row.data.get("lint_only"):
            found.append(row.key)
    return found


def _at(data: Any, path: Sequence[str], before: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The values at a path that are set; of lists, those of all items."""
    if isinstance(data, list):
        for i, item in enumerate(data):
            yield from _at(item, path, (*before, i))
    elif not path:
        yield before, data
    elif isinstance(data, dict) and data.get(path[0]) is not None:
        yield from _at(data[path[0]], path[1:], (*before, path[0]))
