"""Part of a host's chips."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import View, view
from stackgen.checks.tpu.words import counted, either
from stackgen.checks.tpu.workloads import TPU
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tpu-chips-not-whole-host",
    family="tpu",
    severity=Severity.ERROR,
    summary="Pods ask for another number of TPU chips than a host has.",
    impact=(
        "The kubelet refuses the pod (UnexpectedAdmissionError: all chips of the node must be "
        "requested together), or the pod stays Pending because no node has so many."
    ),
    remedy="Ask for all chips of the host; for fewer chips choose a machine type with fewer.",
    source=(
        "ai-on-gke/tpu-device-plugin@4626a9f pkg/tpu/util/util.go ValidateTpuRequest and "
        "pkg/tpu/manager.go"
    ),
    bad="""\
nodeSelector: {cloud.google.com/gke-tpu-topology: 2x2}
limits: {google.com/tpu: 2}
""",
    good="""\
nodeSelector: {cloud.google.com/gke-tpu-topology: 2x2}
limits: {google.com/tpu: 4}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each pod template, or container, with an impossible number of chips."""
    seen = view(context)
    for workload in seen.tpu:
        target = seen.target(workload)
        generation = target.generation
        if generation is None:
            continue
        possible = sorted({s.per_host for s in target.shapes}) or _any(seen, generation.key)
        asked = workload.chips
        paths = [c.amount_path(TPU) or () for c in workload.tpu_containers]
        if asked is None or asked in possible:
            continue
        if len(paths) > 1 and not generation.data["split_over_containers"]:
            continue  # another rule's matter
        hosts = either(dict.fromkeys(f"{s.machine} has {s.per_host}" for s in target.shapes))
        yield RULE.finding(
            f"{workload.called} asks for {counted(asked, 'chip')} of {generation.key}"
            + (f" {target.topology}; {hosts}" if hosts else f"; hosts have {either(possible)}"),
            Place(workload.resource, paths[0]),
        )


def _any(seen: View, generation: str) -> list[int]:
    rows = seen.catalog.topologies(generation)
    return sorted({row.data["chips"] // row.data["hosts"] for row in rows})
