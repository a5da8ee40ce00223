"""The stack as one HTML page, which needs no network.

The policy in the head of the page allows our own script alone.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from stackgen import __version__
from stackgen.catalog.rows import Row
from stackgen.catalog.stale import OTHER_DAYS, PRICE_DAYS, moves
from stackgen.findings.pipeline import Outcome
from stackgen.net.connections import Connection, merged, rows
from stackgen.net.map import Map, ports_text
from stackgen.net.prove import Proof
from stackgen.net.svg import svg
from stackgen.reading import head
from stackgen.record import record
from stackgen.report import page_findings, page_stack
from stackgen.report.html import environment, template_text
from stackgen.report.plan_facts import Planned, cost_rows
from stackgen.rollout.model import Rollout

MARK = "<!-- Written by stackgen report. -->"
# A larger map is not legible; the list of connections is complete.
MOST_ENDS = 60
# Flows between many models are quadratic; those that are not as they must be come first.
MOST_ROWS = 500


@record
class Network:
    """The map, the connections that it is made of, and the proofs of the flows of the stack."""

    map: Map
    connections: tuple[Connection, ...]
    proofs: tuple[Proof, ...]


@record
class Section:
    """What is known of one environment. planned, network: None where the spec has errors.

    rows: of the catalog, those that are used.
    """

    env: str
    outcome: Outcome
    planned: Planned | None = None
    network: Network | None = None
    rollouts: tuple[Rollout, ...] = ()
    rows: tuple[Row, ...] = ()


def render(name: str, sections: Sequence[Section]) -> str:
    """The page on the stack `name`."""
    anchors = page_findings.Anchors()
    script = template_text("page.js")
    shown = [_section(one, anchors) for one in sections]
    template = environment().get_template("page.html")
    text = template.render(
        title=f"Stack {name}",
        version=__version__,
        mark=MARK,
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        script=script,
        summary=[_summary(one) for one in sections],
        sections=shown,
    )
    return str(text)


def is_page(file: str) -> bool:
    """Whether a file is a page that was written here; False for a link, and for no file."""
    beginning = head(file, 200)
    return beginning is not None and MARK.encode() in beginning


def _summary(section: Section) -> list[str]:
    counts = section.outcome.summary
    found = [counts.errors, counts.warnings, counts.infos, counts.suppressed]
    days = ["unknown", "unknown"]
    if section.planned is not None:
        days = [row[3] for row in cost_rows(section.planned)[-2:]]
    return [section.env, *map(str, found), *days]


def _section(section: Section, anchors: page_findings.Anchors) -> dict[str, Any]:
    here = anchors.of("env", section.env)
    found: dict[str, Any] = {
        "env": section.env,
        "id": here,
        **page_findings.cells(section.outcome, here, anchors),
        "sources": [_source(row) for row in section.rows],
        "oldest": min((row.as_of for row in section.rows), default=""),
        "facts": [],
    }
    if section.planned is not None and section.network is not None:
        found |= page_stack.cells(section.planned, section.network.proofs, here, anchors)
        found |= _network(section.network)
        found["rollouts"] = [
            page_findings.rollout_cells(r, here, anchors) for r in section.rollouts
        ]
    return found


def _source(row: Row) -> dict[str, Any]:
    limit = PRICE_DAYS if moves(row) else OTHER_DAYS
    notes = [f"{field}: {note}" if field else note for field, note in row.status.items()]
    return {
        "name": f"{row.file}#{row.key}", "as_of": row.as_of, "limit": limit, "source": row.source,
        "status": "; ".join(notes),
    }  # fmt: skip


def _network(network: Network) -> dict[str, Any]:
    shown, proofs = network.map, network.proofs
    drawn = 0 < len(shown.ends) <= MOST_ENDS
    listed = [
        (source, end, ports_text(allowed, unknown))
        for source, end, allowed, unknown in rows(merged(network.connections))
    ]
    broken = sum(not proof.holds for proof in proofs)
    return {
        "map": svg(shown) if drawn else "",
        "map_text": " ".join(_about(shown, drawn)),
        "connections": listed[:MOST_ROWS],
        "connections_text": f"{len(listed)} open connections",
        "connections_more": max(len(listed) - MOST_ROWS, 0),
        "broken": broken,
        "flows": list(islice(_flows(proofs), MOST_ROWS)),
        "flows_more": max(len(proofs) - MOST_ROWS, 0),
        "flows_text": f"{len(proofs) - broken} of {len(proofs)} flows are as the stack needs them",
    }


def _about(shown: Map, drawn: bool) -> Iterator[str]:
    if not drawn:
        yield f"The map has {len(shown.ends)} groups, too many to draw. The list is complete."
        return
    yield "Open connections by the network policies, from clients to servers."
    if shown.hidden:
        yield (
            f"Not drawn: {shown.hidden} connections of platform Pods to ports that are open to the "
            "internet as well."
        )


def _flows(proofs: Iterable[Proof]) -> Iterator[tuple[str, ...]]:
    """Those that are not as they must be come first."""
    for proof in sorted(proofs, key=lambda one: one.holds):
        flow = proof.flow
        word = "open" if flow.kind == "needed" else "closed"
        state = "unknown" if flow.unknown else word if proof.holds else f"not {word}"
        yield flow.id, state, str(flow.source), str(flow.destination), str(flow.ports), flow.reason
