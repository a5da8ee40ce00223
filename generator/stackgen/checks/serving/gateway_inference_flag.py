"""An Istio that does not know InferencePools."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain, is_pool
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="gateway-inference-flag",
    family="serving",
    severity=Severity.ERROR,
    summary="Istio is not told to take InferencePools for backends.",
    impact="Requests that go to a pool get 500: istiod ignores it unless the flag is on.",
    remedy='Set values.pilot.env.ENABLE_GATEWAY_API_INFERENCE_EXTENSION to "true".',
    source="istio/istio pilot/pkg/features/experimental.go: default false",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, scheduler: {}}
---
apiVersion: sailoperator.io/v1
kind: Istio
metadata: {name: default}
spec: {version: v1.27.3, namespace: istio-system}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, scheduler: {}}
---
apiVersion: sailoperator.io/v1
kind: Istio
metadata: {name: default}
spec:
  version: v1.27.3
  namespace: istio-system
  values: {pilot: {env: {ENABLE_GATEWAY_API_INFERENCE_EXTENSION: "true"}}}
""",
)


FLAG = "ENABLE_GATEWAY_API_INFERENCE_EXTENSION"


def check(context: Context) -> Iterator[Finding]:
    """Judged where the input has both Istio and a route to a pool."""
    links = chain(context)
    routed = any(is_pool(b) for route in links.routes for _, b in links.backends(route))
    if not routed:
        return
    for istio in context.bundle.of_kind("Istio", "sailoperator.io"):
        if istio.get("spec", "profile") not in (None, "default", "empty", "minimal"):
            continue  # a profile of a distribution may bring the flag
        path = ("spec", "values", "pilot", "env")
        value = istio.get(*path, FLAG)
        if str(value).lower() != "true":
            yield RULE.finding(
                f"{FLAG} is {'not set' if value is None else value}, "
                "and routes go to InferencePools",
                Place(istio, (*path, FLAG)),
            )
