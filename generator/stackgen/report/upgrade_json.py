"""An upgrade for programs; docs/upgrade.schema.json describes it."""

from __future__ import annotations

from typing import Any

from stackgen.escape import json_text
from stackgen.findings.model import Fix
from stackgen.manifest.document import show_path
from stackgen.record import as_json
from stackgen.redact import redact
from stackgen.releases.uses import Use
from stackgen.report import findings_json, review_json
from stackgen.report.style import Style
from stackgen.upgrade.model import Judged, Upgrade

VERSION = 1


def render(upgrades: list[Upgrade], _: Style) -> str:
    """All of it: each difference with all its names and places."""
    return json_text(report(upgrades)) + "\n"


def report(upgrades: list[Upgrade]) -> dict[str, Any]:
    """The same as plain data."""
    return {"version": VERSION, "upgrades": [_upgrade(one) for one in upgrades]}


def _upgrade(one: Upgrade) -> dict[str, Any]:
    return {
        "environment": one.env,
        "from": one.old,
        "to": one.new,
        "blocked": one.blocked,
        "changes": [_change(judged) for judged in one.changes],
        "report": None if one.outcome is None else findings_json.report(one.outcome),
        "edits": [_edit(fix) for fix in one.edits],
        "review": None if one.review is None else review_json.report([one.review]),
        "notes": [redact(note) for note in one.notes],
    }


def _change(judged: Judged) -> dict[str, Any]:
    change = judged.change
    return {
        "id": change.id,
        "area": change.area,
        "level": change.level,
        "concern": judged.concern,
        "message": change.what,
        "remedy": change.remedy,
        "names": list(change.names),
        "uses": [_use(use) for use in judged.uses],
        "source": change.source,
        "asOf": change.as_of,
        "status": change.status,
    }


def _use(use: Use) -> dict[str, str]:
    resource = use.resource
    return {
        **as_json(resource, "api_version", "kind", "namespace", "name", "file"),
        "path": show_path(use.path) if use.path else "",
    }


def _edit(fix: Fix) -> dict[str, Any]:
    shown: dict[str, Any] = {"file": fix.file, "path": show_path(fix.path)}
    if fix.remove:
        return {**shown, "remove": True}
    return {**shown, "rename": fix.rename} if fix.rename else {**shown, "value": fix.value}
