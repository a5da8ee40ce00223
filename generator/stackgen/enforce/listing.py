"""The list of policies, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackgen.checks.policy.headers import Policy
from stackgen.enforce import choice
from stackgen.enforce.model import FORMS
from stackgen.escape import json_text
from stackgen.record import record
from stackgen.table import table

_COLUMNS = ("POLICY", "SEVERITY", "JUDGES", *map(str.upper, FORMS), "KINDS")


@record
class Row:
    """A policy, and for each form why it is not exported; empty when it is."""

    policy: Policy
    reasons: dict[str, str]


def rows(policies: Iterable[Policy]) -> list[Row]:
    """A row for each policy, in their order."""
    return [Row(p, {form: choice.reason(p, form) for form in FORMS}) for p in policies]


def _cells(row: Row) -> tuple[str, ...]:
    policy = row.policy
    scope = "an object" if policy.scope == "file" else "the set"
    marks = ("no" if row.reasons[form] else "yes" for form in FORMS)
    return (policy.rule.id, str(policy.rule.severity), scope, *marks, ", ".join(policy.kinds))


def text(found: Sequence[Row]) -> str:
    """A table."""
    return "".join(f"{x}\n" for x in table(_COLUMNS, [_cells(row) for row in found]))


def as_json(found: Iterable[Row]) -> str:
    """The same for programs."""
    items = [
        {
            "id": row.policy.rule.id, "title": row.policy.rule.summary,
            "severity": str(row.policy.rule.severity), "scope": row.policy.scope,
            "kinds": list(row.policy.kinds), "needs": row.policy.needs,
            "export": {form: row.reasons[form] or True for form in FORMS},
        }
        for row in found
    ]  # fmt: skip
    return json_text({"version": 1, "policies": items}) + "\n"
