"""Tensor parallelism across hosts on v6e."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.models import split_of
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tpu-multihost-maturity",
    family="tpu",
    severity=Severity.WARNING,
    summary="A model is spread by tensor parallelism over several v6e hosts.",
    impact=(
        "The backend's own release matrix lists this as untested on v6e; pipeline parallelism "
        "passes."
    ),
    remedy=(
        "Use 2x4 on ct6e-standard-8t (8 chips in one host), or pipeline parallelism across hosts."
    ),
    source="vllm-project/tpu-inference@b8692ff support_matrices",
    bad="""\
nodeSelector:
  cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
  cloud.google.com/gke-tpu-topology: 4x4
args: [--tensor-parallel-size=16]
""",
    good="""\
nodeSelector:
  cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
  cloud.google.com/gke-tpu-topology: 2x4
args: [--tensor-parallel-size=8]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each v6e server whose tensor parallel size exceeds a host."""
    seen = view(context)
    for workload in seen.tpu_servers:
        target, server = seen.target(workload), workload.server
        size = split_of(workload).tensor
        if target.generation is None or target.shape is None or server is None or size is None:
            continue
        if target.generation.key != "v6e" or target.shape.hosts == 1:
            continue
        if size > target.shape.per_host:
            yield RULE.finding(
                f"tensor parallel size {size} reaches over hosts of {target.shape.per_host} "
                "chips; on v6e that is untested",
                Place(workload.resource, server.line.flags["tensor-parallel-size"].path),
            )
