"""A rollout of a page: its steps in the order in which they begin."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from stackgen.report.page_findings import Anchors
from stackgen.report.rollout_text import heading, sections
from stackgen.rollout.durations import words
from stackgen.rollout.model import Moment, Rollout
from stackgen.rollout.words import awaited, changed, duration_text, listed

_MOST = 8  # names of objects


def cells(found: Rollout, here: str, anchors: Anchors) -> dict[str, Any]:
    """What the template shows of a rollout."""
    stuck = {one.step.name for one in found.blocked if one.awaited}
    moments = sorted((one for one in found.moments if changed(one)), key=lambda m: m.earliest)
    return {
        "title": heading("", found).removeprefix(", "),
        "moments": [
            {"when": when, "steps": [_step(one, stuck, here, anchors) for one in group]}
            for when, group in groupby(moments, key=lambda m: words(m.earliest))
        ],
        "duration": duration_text(found),
        "lists": [(title.capitalize(), items) for title, items in sections(found)],
    }  # fmt: skip


def _step(moment: Moment, stuck: set[str], here: str, anchors: Anchors) -> dict[str, Any]:
    names = [key.title for key in changed(moment)]
    waits = awaited(moment)
    notes = [("applies", listed(names, _MOST))]
    if moment.step.after:
        notes.append(("after", ", ".join(moment.step.after)))
    if waits:
        limit = f", at most {words(moment.step.timeout)}" if moment.step.timeout else ""
        notes.append(("waits for", listed(waits, _MOST) + limit))
    name = moment.step.name
    anchor = anchors.of(here, "step", name)
    return {"id": anchor, "name": name, "stuck": name in stuck, "notes": notes}
