"""A plan as one HTML page, without scripts and without anything that it loads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackgen.report.html import environment
from stackgen.report.plan_facts import Planned
from stackgen.report.plan_sections import comparison, findings, heading, reasons, sections
from stackgen.report.style import Style


def render(
    plans: Sequence[Planned], pairs: Sequence[tuple[Planned, Planned]], texts: Sequence[str],
    explained: Sequence[str], _: Style,
) -> str:  # fmt: skip
    """Every environment; with pairs the figures that change.

    texts: the values that are tried. explained: by environment, how its values are computed.
    """
    tried = ", ".join(texts)
    shown = [_compared(before, after, tried) for before, after in pairs]
    if not pairs:
        more = explained or [""] * len(plans)
        shown = [_plan(one, text) for one, text in zip(plans, more, strict=True)]
    return str(environment().get_template("plan.html").render(plans=shown))


def _plan(planned: Planned, explained: str) -> dict[str, Any]:
    return {
        "title": heading(planned),
        "unchanged": False,
        "sections": sections(planned),
        "said": findings(planned),
        "reasons": reasons(planned),
        "explained": explained,
    }


def _compared(before: Planned, after: Planned, tried: str) -> dict[str, Any]:
    section, said = comparison(before, after)
    return {
        "title": f"{before.plan.env}: what if {tried}",
        "sections": [section] if section.rows else [],
        "unchanged": not section.rows,
        "said": said,
        "reasons": (),
        "explained": "",
    }
