"""Pipeline parallelism, for which there is no preset."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.presets import PIPELINE, PREFIX


def check(context: Context) -> Violations:
    """Groups by pipeline whose config is not in the input."""
    seen = view(context)
    for service in seen.services:
        split = isinstance(service.own.get("prefill"), dict)
        for base, data in service.halves():
            values = as_dict(data.get("parallelism"))
            if not isinstance(data.get("worker"), dict) or not values.get("pipeline"):
                continue
            prefix = "prefill-" if "prefill" in base else "decode-" if split else ""
            name = f"{PREFIX}{prefix}{PIPELINE}"
            if seen.configs(service.namespace, name) or seen.configs(seen.newest.namespace, name):
                continue
            yield violation(
                f"the controller needs the config {name}, which no release includes",
                Place(service.resource, (*base, "parallelism", "pipeline"), key=True),
            )
