"""The risk table: what a change does in the cluster, as rows with sources (`risks.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.record import record
from stackgen.review.model import Consequence, Field, Risk
from stackgen.review.show import leaves, value_text
from stackgen.wording import few


@record
class Row:
    """One row; the fields are those of the file. fields: as patterns over labels."""

    id: str
    risk: Risk
    when: str
    kinds: tuple[re.Pattern[str], ...]
    fields: tuple[re.Pattern[str], ...]
    to: tuple[Any, ...]
    renamed: bool
    says: str
    remedy: str
    source: str
    as_of: str
    status: str

    def concerns(self, resource: Resource) -> bool:
        """Whether the row speaks of objects of this kind."""
        kind = f"{resource.group or 'core'}/{resource.kind}"
        return not self.kinds or any(p.fullmatch(kind) for p in self.kinds)


@lru_cache(maxsize=1)
def table() -> Mapping[str, Row]:
    """Every row by its id."""
    return {row["id"]: _row(row) for row in shipped(__file__, "risks.yaml")}


def _row(data: dict[str, Any]) -> Row:
    return Row(
        id=data["id"],
        risk=data["risk"],
        when=data["when"],
        kinds=tuple(_pattern(text) for text in data.get("kinds", ())),
        fields=tuple(_pattern(text) for text in data.get("fields", ())),
        to=tuple(data.get("to", ())),
        renamed=data.get("renamed", False),
        says=data["says"],
        remedy=data.get("remedy", ""),
        source=data["source"],
        as_of=data["as_of"],
        status=data.get("status", ""),
    )


def _pattern(text: str) -> re.Pattern[str]:
    """`[*]` is any list item, `**` anything, a single `*` anything within one step."""
    parts = re.split(r"(\*\*|\*)", text)
    words = {"**": ".*", "*": r"[^\]/]*"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in parts))


def consequence(row_id: str, field: str = "", **words: str) -> Consequence:
    """A consequence in the words of the row `row_id`."""
    row = table()[row_id]
    return Consequence(
        row.id, row.risk, row.says.format(field=field, **words), row.remedy, field,
        row.source.format(**words), row.as_of, row.status,
    )  # fmt: skip


def of_fields(resource: Resource, fields: tuple[Field, ...]) -> Iterator[Consequence]:
    """What the rows say of the fields that differ; each row once, with the fields it is about."""
    rows = [r for r in table().values() if r.when == "changed" and r.concerns(resource)]
    for row in rows:
        hits = [f for f in fields if _touches(row, f)]
        if hits:
            yield _consequence(row, resource, hits)


def of_object(resource: Resource, when: str, *, renamed: bool = False) -> Iterator[Consequence]:
    """What the rows say of a whole object that is `added` or `removed`.

    renamed: an alike one comes under another name, which leaves only some of it true.
    """
    for row in table().values():
        if row.when == when and (row.renamed or not renamed) and row.concerns(resource):
            yield _consequence(row, resource, [])


def _touches(row: Row, field: Field) -> bool:
    for label, _, new in leaves(field):
        if any(p.fullmatch(label) for p in row.fields) and (not row.to or new in row.to):
            return True
    return False


def _consequence(row: Row, resource: Resource, hits: list[Field]) -> Consequence:
    field = few(f.name for f in hits)
    old, new = "", ""
    if hits:
        for label, before, after in leaves(hits[0]):
            if any(p.fullmatch(label) for p in row.fields) and (not row.to or after in row.to):
                old, new = value_text(before), value_text(after)
                break
    words = {"object": resource.kind, "name": resource.name, "old": old, "new": new}
    return Consequence(
        row.id, row.risk, row.says.format(field=field, **words), row.remedy, field, row.source,
        row.as_of, row.status,
    )  # fmt: skip
