"""LoRA adapters that nobody loads."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Service, view
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.release import Controller
from stackgen.kserve.shape import listing, mapping, maps, text

RULE = Rule(
    id="serving-lora-ignored",
    family="serving",
    severity=Severity.WARNING,
    summary="LoRA adapters are listed that the controller does not load.",
    impact="The adapters are not served; requests for them get 404.",
    remedy="Use a release that loads adapters, from hf://, s3:// or pvc://, with its initializer.",
    source="KServe workload_lora.go (master); release-v0.15 has the field and no code for it",
    bad="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model:
    uri: hf://Qwen/Qwen3-0.6B
    name: qwen
    lora: {adapters: [{name: sql, uri: hf://acme/sql-lora}]}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model:
    uri: hf://Qwen/Qwen3-0.6B
    name: qwen
    lora: {adapters: [{name: sql, uri: hf://acme/sql-lora}]}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Adapters in a release without them, from a scheme or by a way that is not supported."""
    seen = view(context)
    for service in seen.services:
        found = seen.judged(RULE, lambda c, s=service: _ignored(s, c))  # type: ignore[misc]
        if found is not None:
            yield found


def _ignored(service: Service, controller: Controller) -> Finding | None:
    adapters = mapping(mapping(service.spec.get("model")).get("lora")).get("adapters")
    if not listing(adapters):
        return None
    where = ("spec", "model", "lora", "adapters")
    if "lora" not in controller.fields:
        return RULE.finding(
            f"release {controller.name} does nothing with adapters", service.place(*where, key=True)
        )
    if mapping(service.spec.get("storageInitializer")).get("enabled") is False:
        return RULE.finding(
            "adapters are loaded by the storage initializer, which is off",
            service.place(*where, key=True),
            service.place("spec", "storageInitializer", "enabled", note="off"),
        )
    for i, adapter in maps(adapters):
        if text(adapter.get("uri")).startswith("oci"):
            return RULE.finding("adapters cannot come from oci://", service.place(*where, i, "uri"))
    return None
