"""TPU nodes are selected, but no chips are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.workloads import ACCELERATOR, TOPOLOGY, TPU, Container
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tpu-selector-without-request",
    family="tpu",
    severity=Severity.WARNING,
    summary="Pods select TPU nodes but ask for no TPU chips.",
    impact=(
        "The device plug-in gives them no TPU and GKE adds no toleration for the nodes' taint: "
        "they stay Pending, or run on the CPU."
    ),
    remedy="Ask for all chips of the host in resources.limits of the container that uses them.",
    source="ai-on-gke/tpu-device-plugin@4626a9f pkg/tpu/util/util.go; the outcome is inferred",
    confidence="medium",
    bad="""\
nodeSelector: {cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice}   # and no google.com/tpu
""",
    good="containers: [{name: main, resources: {limits: {google.com/tpu: 4}}}]",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pod template that selects TPU nodes for nothing."""
    for workload in view(context).workloads:
        keys = [key for key in (ACCELERATOR, TOPOLOGY) if key in workload.labels]
        if not keys or not workload.whole or any(map(_asks, workload.containers)):
            continue
        if workload.spec.get("resourceClaims") or workload.resource.kind == "DaemonSet":
            continue
        if isinstance(workload.spec.get("resources"), dict):
            continue  # resources of the pod as a whole
        yield RULE.finding(
            f"{workload.called} selects TPU nodes, and no container asks for {TPU}",
            Place(workload.resource, workload.labels[keys[0]].path),
        )


def _asks(container: Container) -> bool:
    resources = container.data.get("resources")
    return "tpu" in str(resources).lower() or "claims" in str(resources)
