"""Data parallelism that does not divide into pods."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict, number
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each part whose data is no multiple of dataLocal."""
    for service in services(context):
        for base, data in service.halves():
            values = as_dict(data.get("parallelism"))
            total, local = number(values.get("data")), number(values.get("dataLocal"))
            if total and local and total > 0 and local > 0 and total % local:
                yield violation(
                    f"data {total} is not a multiple of dataLocal {local}",
                    Place(service.resource, (*base, "parallelism", "data")),
                    Place(service.resource, (*base, "parallelism", "dataLocal"), note="per Pod"),
                )
