"""Clients of model servers whose address and model are in values of charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.chart_sources import ChartValues, chart_values
from stackgen.facts.shape import as_list, maps, text
from stackgen.manifest.document import Path
from stackgen.record import record
from stackgen.regex import regex


@record
class ChartClient:
    """Values of one chart. bases, models: places and texts."""

    values: ChartValues
    bases: tuple[tuple[Path, str], ...]
    models: tuple[tuple[Path, str], ...]

    def path(self, path: Path) -> Path:
        """The path in the object that holds the values."""
        return self.values.base if self.values.inside else (*self.values.base, *path)


def chart_clients(context: Context, rows: Mapping[str, Any]) -> Iterator[ChartClient]:
    """Each chart with the address of an API of OpenAI."""
    bases, fields = regex(rows["charts"]["bases"]), regex(rows["charts"]["variables"])
    for values in chart_values(context.bundle):
        found: list[tuple[Path, str]] = []
        named: list[tuple[Path, str]] = []
        for key, value in values.values.items():
            if bases.fullmatch(str(key)):
                one_of: list[tuple[Path, Any]] = [
                    ((key, i), x) for i, x in enumerate(as_list(value))
                ]
                found += [(p, x) for p, x in one_of or [((key,), value)] if isinstance(x, str)]
            for i, one in maps(value) if fields.fullmatch(str(key)) else ():
                name, written = text(one.get("name")), one.get("value")
                place: Path = (key, i, "value")
                if isinstance(written, str) and regex(rows["based"]).fullmatch(name):
                    found.append((place, written))
                if isinstance(written, str) and regex(rows["models"]).fullmatch(name):
                    named.append((place, written))
        if found:
            yield ChartClient(values, tuple(found), tuple(named))
