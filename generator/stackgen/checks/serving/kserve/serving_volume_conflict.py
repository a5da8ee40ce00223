"""A volume with two sources."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import maps, named
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """Judged on the merged view."""
    for service in view(context).subjects:
        for part in service.parts():
            for i, volume in maps(part.own.get("volumes")):
                mine = [k for k, v in volume.items() if k != "name" and v is not None]
                merged = named(part.merged.get("volumes"), str(volume.get("name")))
                sources = (
                    [k for k, v in merged[1].items() if k != "name" and v is not None]
                    if merged
                    else []
                )
                theirs = [k for k in sources if k not in mine]
                if len(mine) == 1 and theirs:
                    yield violation(
                        f"volume {volume.get('name')} is {mine[0]} here "
                        f"and {theirs[0]} in the preset",
                        part.place("volumes", i, mine[0], key=True),
                    )
