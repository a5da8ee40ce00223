"""Labels or annotations that never reach the pods."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Service, view
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.release import Controller
from stackgen.kserve.shape import mapping

RULE = Rule(
    id="serving-pod-metadata",
    family="serving",
    severity=Severity.WARNING,
    summary=(
        "A label or annotation meant for pods stands on the service, which does not pass it on."
    ),
    impact=(
        "It has no effect: sidecars are injected or left out, metrics collected or not, as if "
        "it were absent."
    ),
    remedy=(
        "Use spec.labels and spec.annotations where the release has them; else set it on the "
        "namespace."
    ),
    source="KServe workload_single_node.go: prefixes of labels and annotations that are passed on",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving, labels: {sidecar.istio.io/inject: 'false'}}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  labels: {sidecar.istio.io/inject: 'false'}
""",
)


_FOR_PODS = re.compile(
    r"(sidecar|traffic|proxy)\.istio\.io/|prometheus\.io/|cluster-autoscaler\.kubernetes\.io/safe-to-evict"
    r"|gke-gcsfuse/|linkerd\.io/inject|container\.apparmor|vault\.hashicorp\.com/agent"
)


def check(context: Context) -> Iterator[Finding]:
    """Keys that only pods understand, on a service whose release keeps them."""
    seen = view(context)
    for service in seen.services:
        for field in ("labels", "annotations"):
            for key in mapping(service.resource.metadata.get(field)):
                if not _FOR_PODS.match(str(key)) or _passed(service, field, str(key), seen.newest):
                    continue
                where = f"spec.{field}" if "labels" in seen.newest.fields else "nothing of the kind"
                yield RULE.finding(
                    f"{key} does not reach the pods; "
                    f"release {seen.newest.name} has {where} for that",
                    service.place("metadata", field, str(key), key=True),
                )


def _passed(service: Service, field: str, key: str, controller: Controller) -> bool:
    if (
        key.startswith("prometheus.io/")
        and field == "annotations"
        and "labels" in controller.fields
    ):
        return True
    return key in mapping(service.own.get(field))
