"""A scheduler configuration under another key."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import mapping, text

RULE = Rule(
    id="serving-scheduler-config-key",
    family="serving",
    severity=Severity.ERROR,
    summary="The ConfigMap with the scheduler's configuration lacks the key that is looked for.",
    impact=(
        "The controller cannot read the configuration: the endpoint picker is not created or "
        "updated."
    ),
    remedy="Name the key epp, or say another in config.ref.key.",
    source="KServe llm_inference_service_types.go: SchedulerConfig ref, key epp by default",
    bad="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, scheduler: {config: {ref: {name: scheduler}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: scheduler, namespace: serving}
data: {config.yaml: "kind: EndpointPickerConfig"}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, scheduler: {config: {ref: {name: scheduler}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: scheduler, namespace: serving}
data: {epp: "kind: EndpointPickerConfig"}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """References to ConfigMaps of the input."""
    links = chain(context)
    for service in links.view.services:
        where = ("spec", "router", "scheduler", "config", "ref")
        ref = mapping(service.resource.get(*where))
        found = links.find("ConfigMap", service.namespace, text(ref.get("name")), "")
        key = text(ref.get("key")) or "epp"
        if not ref or found is None:
            continue
        keys = [*mapping(found.get("data")), *mapping(found.get("binaryData"))]
        if key not in keys:
            there = ", ".join(map(str, keys)) or "none"
            yield RULE.finding(
                f"ConfigMap {found.name} has no key {key}; it has {there}",
                service.place(*where, "key" if "key" in ref else "name"),
                found.place("data", key=True, note="its keys"),
            )
