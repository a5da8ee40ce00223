"""Settings of the scheduler that the admission webhook refuses."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import mapping, number

RULE = Rule(
    id="serving-scheduler-refused",
    family="serving",
    severity=Severity.ERROR,
    summary="The scheduler's replicas or configuration are refused.",
    impact="KServe's admission webhook refuses the object.",
    remedy="Give one of config.inline and config.ref, with a name; one replica or more.",
    source="KServe llm_inference_service_validation.go (master)",
    bad="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router:
    route: {}
    scheduler: {replicas: 0, config: {}}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router:
    route: {}
    scheduler: {replicas: 2, config: {ref: {name: scheduler}}}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Only where the release has the fields; elsewhere they are unknown to the schema."""
    seen = view(context)
    if "scheduler.config" not in seen.newest.fields:
        return
    for service in seen.services:
        scheduler = mapping(mapping(service.spec.get("router")).get("scheduler"))
        where = ("spec", "router", "scheduler")
        replicas = number(scheduler.get("replicas"))
        if replicas is not None and replicas <= 0:
            yield RULE.finding(
                f"the scheduler has {replicas} replicas; it needs one at least",
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
