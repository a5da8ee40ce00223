"""A variable that contradicts the slice."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.hardware import environment
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tpu-env-bounds-mismatch",
    family="tpu",
    severity=Severity.WARNING,
    summary="A TPU variable has another value than follows from the topology.",
    impact=(
        "The pod's value wins over the one that GKE injects: the TPU runtime fails to start, or "
        "waits for chips that are not there."
    ),
    remedy="Remove the variable; the device plug-in injects the right value.",
    source=(
        "ai-on-gke/tpu-device-plugin@4626a9f pkg/tpu/util/util.go; kubelet_pods.go appends the "
        "pod's variables to the device plug-in's; that the last one wins is inferred"
    ),
    confidence="medium",
    bad="""\
nodeSelector: {cloud.google.com/gke-tpu-topology: 2x4}
env: [{name: TPU_CHIPS_PER_HOST_BOUNDS, value: "2,2,1"}]   # 8 chips a host: 2,4,1
""",
    good="""\
nodeSelector: {cloud.google.com/gke-tpu-topology: 2x4}
env: []
""",
)


ONE_HOST = ("1,1,1", "1,1")  # a host of a slice that runs by itself, on purpose


def check(context: Context) -> Iterator[Finding]:
    """One finding for each variable with a value that is not the slice's."""
    seen = view(context)
    for workload in seen.tpu:
        target = seen.target(workload)
        if target.generation is None or target.shape is None:
            continue
        right = environment(target.generation, target.topology, target.shape)
        for container in workload.tpu_containers:
            alone = container.variable("TPU_HOST_BOUNDS") in ONE_HOST
            for name, wanted in right.items():
                value = container.variable(name)
                if value is None or _same(value, wanted) or (alone and target.shape.hosts > 1):
                    continue
                yield RULE.finding(
                    f"{name} is {value!r}; {target.generation.key} {target.topology} on "
                    f"{target.shape.machine} has {wanted!r}",
                    Place(container.resource, (*container.env[name], "value")),
                )


def _same(value: str, wanted: str) -> bool:
    return value.replace(" ", "").lower() == wanted
