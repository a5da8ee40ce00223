"""A difference between two releases, and what in an input shows that it matters there."""

from __future__ import annotations

from typing import Literal

from stackgen.catalog.rows import Row
from stackgen.manifest.document import Path
from stackgen.record import record
from stackgen.wording import few

# breaks: something that worked no longer does, until it is changed. changes: the same input has
# another result.
Level = Literal["breaks", "changes"]
Area = Literal["version", "api", "controller", "preset", "picker", "engine", "metrics", "notes"]
AREAS: tuple[Area, ...] = (
    "version", "api", "controller", "preset", "picker", "engine", "metrics", "notes",
)  # fmt: skip


@record
class Uses:
    """What an input has when a difference matters to it. All empty: manifests cannot show it.

    words: whole words of any text or key. kinds: `group/Kind`, or `group/version/Kind`. paths:
    fields of objects of these kinds, with `*` for any item; without them the object counts. beside:
    words of which one must be in the same object. settings: of an EndpointPickerConfig, as
    `picker_settings.settings` names them. everywhere: every installation is concerned.
    """

    words: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    beside: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    everywhere: bool = False


EVERYWHERE = Uses(everywhere=True)


@record
class Change:
    """One difference. names: what it is about, each by its own name (fields, flags, metrics).

    source, as_of, status: as in a row of the catalog.
    """

    id: str
    area: Area
    level: Level
    what: str
    remedy: str
    uses: Uses
    source: str
    as_of: str
    names: tuple[str, ...] = ()
    status: str = ""


def of_rows(old: Row, new: Row) -> tuple[str, str]:
    """Source and date of a difference that the rows show. Each row names its own sources."""
    return f"release rows {old.key} and {new.key}", max(old.as_of, new.as_of)


def listed(names: tuple[str, ...], most: int = 6) -> str:
    """A few names, and how many more there are."""
    return few(names, most)
