"""Settings of a scheduler that is not created."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import mapping

RULE = Rule(
    id="serving-scheduler-ignored",
    family="serving",
    severity=Severity.WARNING,
    summary="The scheduler's template or configuration is without effect beside pool.ref.",
    impact=(
        "With a pool of your own the controller creates no endpoint picker; these settings do "
        "nothing."
    ),
    remedy="Configure the endpoint picker of that pool, or leave pool.ref out.",
    source="KServe scheduler.go: no endpoint picker where scheduler.pool.ref is set",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router:
    route: {}
    scheduler:
      pool: {ref: {name: shared}}
      template: {containers: [{name: main, args: [--v=4]}]}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router:
    route: {}
    scheduler: {pool: {ref: {name: shared}}}
""",
)


_DEAD = ("template", "config", "replicas", "labels", "annotations", "tokenizer")


def check(context: Context) -> Iterator[Finding]:
    """One finding for each setting beside a reference to a pool."""
    for service in services(context):
        scheduler = mapping(mapping(service.spec.get("router")).get("scheduler"))
        pool = mapping(scheduler.get("pool"))
        if not isinstance(pool.get("ref"), dict):
            continue
        where = ("spec", "router", "scheduler")
        dead = [(name,) for name in _DEAD if scheduler.get(name) is not None]
        if pool.get("spec") is not None:
            dead.append(("pool", "spec"))  # type: ignore[arg-type]
        for path in dead:
            yield RULE.finding(
                f"{path[-1]} has no effect: the pool {pool['ref'].get('name')} has its own picker",
                service.place(*where, *path, key=True),
                service.place(*where, "pool", "ref", key=True, note="the pool of your own"),
            )
