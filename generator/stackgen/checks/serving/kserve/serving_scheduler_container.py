"""A scheduler template that removes the scheduler."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict, as_list, named
from stackgen.findings.model import Severity, Violations, violation
from stackgen.platforms.kserve.names import MAIN


def check(context: Context) -> Violations:
    """Judged on the merged view: the scheduler has no container left."""
    seen = view(context)
    for service in seen.subjects:
        scheduler = as_dict(as_dict(service.spec.get("router")).get("scheduler"))
        template = scheduler.get("template")
        if not isinstance(template, dict) or as_dict(scheduler.get("pool")).get("ref"):
            continue
        if seen.newest.scheduler_loses_containers and "containers" not in template:
            yield violation(
                f"the template has no containers: release {seen.newest.name} removes those of "
                "the preset",
                service.place("spec", "router", "scheduler", "template", key=True),
            )
        elif as_list(template.get("containers")) and named(template["containers"], MAIN) is None:
            yield violation(
                "no container of the template is named main: they run next to the endpoint picker",
                service.place("spec", "router", "scheduler", "template", "containers", key=True),
                severity=Severity.WARNING,
            )
