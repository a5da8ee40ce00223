"""A topology that this TPU generation does not come in."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.hardware import axes, shapes
from stackgen.checks.tpu.uses import topology_uses
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="tpu-topology-unsupported",
    family="tpu",
    severity=Severity.ERROR,
    summary="GKE does not offer this topology for the TPU generation.",
    impact=(
        "The node pool is not created, auto-provisioning refuses the pods, and they stay Pending."
    ),
    remedy=(
        "Choose a topology of the generation; `stackgen explain` on a node pool's topology "
        "lists them."
    ),
    source=(
        "GKE autoscaler (GoogleCloudPlatform/cluster-autoscaler@7d25050) "
        "machine_config_provider.go; cluster-toolkit@1047080 pkg/config/hardware.go"
    ),
    bad="""\
nodeSelector:
  cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
  cloud.google.com/gke-tpu-topology: 3x3
""",
    good="""\
nodeSelector:
  cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
  cloud.google.com/gke-tpu-topology: 4x4
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each topology that does not exist."""
    seen = view(context)
    for use in topology_uses(seen):
        found = axes(use.topology)
        wrong_dimensions = found is not None and len(found) != use.generation.data["dims"]
        if wrong_dimensions or shapes(seen.catalog, use.generation, use.topology):
            continue
        yield RULE.finding(
            f"{use.generation.key} has no topology {use.topology!r}",
            use.place,
            remedy=f"{use.generation.key} comes as {', '.join(use.known)}",
        )
