"""A review for programs; docs/review.schema.json describes it."""

from __future__ import annotations

from typing import Any

from stackgen.escape import json_text
from stackgen.manifest.resource import Resource
from stackgen.record import as_json
from stackgen.redact import redact, redact_tree
from stackgen.report.style import Style
from stackgen.review.model import Cause, Change, Consequence, Field, Money, Review, worst
from stackgen.rollout.words import changed

VERSION = 1


def render(reviews: list[Review], _: Style) -> str:
    """All reviews, nothing left out but what may be secret."""
    return json_text(report(reviews)) + "\n"


def report(reviews: list[Review]) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "version": VERSION,
        "risk": worst(one.risk for one in reviews),
        "reviews": [_review(one) for one in reviews],
    }


def _review(one: Review) -> dict[str, Any]:
    return {
        "environment": one.env,
        **as_json(one, "old", "new", "update", "risk"),
        "changes": [_change(change) for change in one.changes],
        "connections": [
            as_json(c, "source", "destination", "gone", "new", "outside", "arrived")
            for c in one.connections
        ],
        "memory": [
            {"model": m.model, "figure": m.figure, "old": m.old, "new": m.new} for m in one.memory
        ],
        "cost": _money(one.money),
        "consequences": [_consequence(found) for found in one.general],
        "rollouts": [
            {
                "delivery": found.delivery,
                "engine": found.engine,
                "seconds": found.seconds,
                "steps": [m.step.name for m in found.moments if changed(m)],
            }
            for found in one.rollouts
        ],
        "files": list(one.files),
        "notes": [redact(note) for note in one.notes],
    }


def _change(change: Change) -> dict[str, Any]:
    causes = change.causes if change.fields else ()
    shown: dict[str, Any] = {
        "action": change.action,
        "layer": change.layer,
        "risk": change.risk,
        "old": _object(change.old),
        "new": _object(change.new),
        "fields": [
            _field(field, causes[i] if causes else ()) for i, field in enumerate(change.fields)
        ],
        "causes": [
            _cause(c) for c in (change.causes[0] if change.causes and not change.fields else ())
        ],
        "consequences": [_consequence(found) for found in change.consequences],
    }
    if change.moved:
        shown["moved"] = change.moved
    return shown


def _object(resource: Resource | None) -> dict[str, str] | None:
    if resource is None:
        return None
    return as_json(resource, "api_version", "kind", "namespace", "name", "file")


def _field(field: Field, causes: tuple[Cause, ...]) -> dict[str, Any]:
    return {
        "change": field.kind,
        "path": field.name,
        "old": redact_tree(field.old),
        "new": redact_tree(field.new),
        "causes": [_cause(cause) for cause in causes],
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return as_json(cause, "side", "name", "file", "line", "column", "old", "new")


def _consequence(found: Consequence) -> dict[str, str]:
    return {
        "id": found.id,
        "risk": found.risk,
        "message": redact(found.message),
        **as_json(found, "remedy", "field", "source", "as_of", "status"),
    }


def _money(money: Money | None) -> dict[str, Any] | None:
    """USD an hour."""
    if money is None:
        return None

    def span(figures: tuple[float, float] | None) -> dict[str, float] | None:
        return None if figures is None else {"fewest": figures[0], "most": figures[1]}

    return {
        "unit": "USD an hour",
        "asOf": money.as_of,
        "complete": money.complete,
        "old": span(money.old),
        "new": span(money.new),
        "pools": [
            {
                "name": pool.name,
                "old": span(pool.old),
                "new": span(pool.new),
                "there": {"old": pool.there[0], "new": pool.there[1]},
                "note": pool.note,
            }
            for pool in money.pools
        ],
    }
