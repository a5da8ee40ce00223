"""One row of the catalog, and the files ("shelves") that rows stand in.

A shelf is a YAML mapping of row name to row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from stackgen.manifest.document import Document, Path
from stackgen.origin import Origin, Traced, shown
from stackgen.record import record

T = TypeVar("T")

VERIFIED = "VERIFIED"


@record
class Row:
    """A row: `data` as in the file, plus the fields that its name spells out.

    file: `machines.yaml`, or `catalog/machines.yaml` for a row of the user's own.
    status: by field, what is not simply read from the source: a mark (VERIFIED, UNVERIFIED,
    INFERRED, DERIVED, SNAPSHOT), perhaps `: ` and a note. The name "" speaks for the whole row.
    document, path: the user's document and where the row stands in it; None for a built-in row.
    """

    file: str
    key: str
    data: Mapping[str, Any]
    source: str
    as_of: str
    status: Mapping[str, str]
    document: Document | None = None
    path: Path = ()

    @cached_property
    def _kept(self) -> dict[Callable[[Row], Any], Any]:
        return {}

    def once(self, derive: Callable[[Row], T]) -> T:
        """What `derive` makes of this row: made at the first request, and not to be changed."""
        if derive not in self._kept:
            self._kept[derive] = derive(self)
        found: T = self._kept[derive]
        return found

    def value(self, *path: str | int) -> Traced[Any]:
        """The value at `path` inside the row, traced. Raises KeyError when it is not known."""
        if path not in self._values:
            self._values[path] = self._traced(path)
        return self._values[path]

    @cached_property
    def _values(self) -> dict[Path, Traced[Any]]:
        return {}

    def _traced(self, path: Path) -> Traced[Any]:
        found: Any = self.data
        for part in path:
            found = found[part]
        return Traced(found, self._origin(path, shown(found)))

    def get(self, *path: str | int) -> Traced[Any] | None:
        """As `value`, or None when the catalog does not know."""
        try:
            return self.value(*path)
        except (KeyError, IndexError, TypeError):
            return None

    def mark(self, field: str) -> str:
        """How sure the field is: VERIFIED, UNVERIFIED, INFERRED, DERIVED or SNAPSHOT."""
        text = self.status.get(field) or self.status.get("") or VERIFIED
        return text.partition(":")[0]

    def origin(self, *path: str | int) -> Origin:
        """Where the field at `path` comes from; `why` carries its status note."""
        return self._origin(path, "")

    def _origin(self, path: Path, value: str) -> Origin:
        name = ".".join((f"{self.file}#{self.key}", *(str(p) for p in path)))
        field = str(path[0]) if path else ""
        why = self.status.get(field) or self.status.get("") or ""
        file, line, column = "", 0, 0
        if self.document is not None:
            mark = self.document.marks().at((*self.path, *path))
            file = self.document.source.name
            if mark is not None:
                line, column = mark.line, mark.column
        return Origin(
            "catalog", name, why, file=file, line=line, column=column,
            source=self.source, as_of=self.as_of, value=value,
        )  # fmt: skip


def row_of(
    file: str, key: str, data: Any, document: Document | None = None, path: Path = ()
) -> Row:
    """The row `key` of `file` from its parsed mapping, which satisfies the schema."""
    source = data["source"]
    status = data.get("status", {})
    return Row(
        file,
        key,
        {**key_fields(file, key), **data},
        source if isinstance(source, str) else "; ".join(source),
        data["as_of"],
        {"": status} if isinstance(status, str) else status,
        document,
        path,
    )


def key_fields(file: str, key: str) -> dict[str, str]:
    """What the name of a row says: its parts where it is made of several, else its `name`."""
    kind = file.rpartition("/")[2]
    if kind == "topologies.yaml":
        return dict(zip(("generation", "topology", "machine"), key.split("/"), strict=False))
    if kind == "prices.yaml":
        return dict(zip(("item", "region"), key.split("/"), strict=False))
    if kind == "throughput.yaml":
        server, _, run = key.rpartition("/")
        return {**_server(server), "run": run}
    if kind == "startup.yaml":
        return _server(key)
    if kind == "images.yaml":
        repository, _, tag = key.rpartition(":")
        return {"repository": repository, "tag": tag}
    return {"name": key}


def _server(key: str) -> dict[str, str]:
    """The parts of MODEL/ACCELERATOR-CHIPS."""
    model, _, slice_ = key.rpartition("/")
    accelerator, _, chips = slice_.rpartition("-")
    return {"model": model, "accelerator": accelerator, "chips": chips}


class Shelf:
    """One built-in file of rows."""

    def __init__(self, file: str, data: Mapping[str, Any]) -> None:
        self.file = file
        self._data = data
        self._rows: dict[str, Row] = {}

    def keys(self) -> list[str]:
        """The names of the rows, in file order."""
        return list(self._data)

    def row(self, key: str) -> Row | None:
        """The row called `key`."""
        row = self._rows.get(key)
        if row is None and key in self._data:
            row = self._rows[key] = row_of(self.file, key, self._data[key])
        return row
