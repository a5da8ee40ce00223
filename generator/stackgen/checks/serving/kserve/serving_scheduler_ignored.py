"""Settings of a scheduler that is not created."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Violations, violation

_DEAD = ("template", "config", "replicas", "labels", "annotations", "tokenizer")


def check(context: Context) -> Violations:
    """One finding for each setting beside a reference to a pool."""
    for service in services(context):
        scheduler = as_dict(as_dict(service.spec.get("router")).get("scheduler"))
        pool = as_dict(scheduler.get("pool"))
        if not isinstance(pool.get("ref"), dict):
            continue
        where = ("spec", "router", "scheduler")
        dead = [(name,) for name in _DEAD if scheduler.get(name) is not None]
        if pool.get("spec") is not None:
            dead.append(("pool", "spec"))  # type: ignore[arg-type]
        for path in dead:
            yield violation(
                f"{path[-1]} has no effect: the InferencePool {pool['ref'].get('name')} has its "
                "own endpoint picker",
                service.place(*where, *path, key=True),
                service.place(*where, "pool", "ref", key=True, note="the pool of your own"),
            )
