"""Settings of the scheduler that the admission webhook refuses."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.facts.shape import as_dict, number
from stackgen.findings.model import Finding
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """Only where the release has the fields; elsewhere they are unknown to the schema."""
    seen = view(context)
    if "scheduler.config" not in seen.newest.fields:
        return
    for service in seen.services:
        scheduler = as_dict(as_dict(service.spec.get("router")).get("scheduler"))
        where = ("spec", "router", "scheduler")
        replicas = number(scheduler.get("replicas"))
        if replicas is not None and replicas <= 0:
            yield RULE.finding(
                f"the scheduler has {replicas} replicas; the minimum is 1",
                service.place(*where, "replicas"),
            )
        config = scheduler.get("config")
        if not isinstance(config, dict):
            continue
        inline, ref = config.get("inline"), config.get("ref")
        if inline is None and ref is None:
            yield RULE.finding(
                "the scheduler's config has neither inline nor ref",
                service.place(*where, "config", key=True),
            )
        elif inline is not None and ref is not None:
            yield RULE.finding(
                "the scheduler's config has both inline and ref",
                service.place(*where, "config", "inline", key=True),
                service.place(*where, "config", "ref", key=True, note="the other"),
            )
        elif isinstance(ref, dict) and not ref.get("name"):
            yield RULE.finding(
                "the ref of the scheduler's config names no ConfigMap",
                service.place(*where, "config", "ref", key=True),
            )
