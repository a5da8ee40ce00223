"""Settings of the scheduler that the admission webhook refuses."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation
from stackgen.platforms.kserve import webhook


def check(context: Context) -> Violations:
    """Only where the release has the fields; elsewhere they are unknown to the schema."""
    for service in services(context, "scheduler.config"):
        scheduler = as_dict(as_dict(service.spec.get("router")).get("scheduler"))
        where = ("spec", "router", "scheduler")
        for path, message in webhook.scheduler_config(scheduler):
            places = [service.place(*where, *path, key=path != ("replicas",))]
            if path[-1] == "inline":
                places.append(service.place(*where, "config", "ref", key=True, note="the other"))
            yield violation(message, *places)
