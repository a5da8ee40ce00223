"""An image for another accelerator."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.images import image_row
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.workloads import GPU, TPU
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="image-cuda-on-tpu",
    family="tpu",
    severity=Severity.WARNING,
    summary="A GPU image runs on TPU nodes, or a TPU image on GPU nodes.",
    impact="vLLM finds no accelerator and stops; the container restarts for ever.",
    remedy=(
        "Use vllm/vllm-tpu or registry.redhat.io/rhaiis/vllm-tpu-rhel9 on TPUs, their CUDA "
        "counterparts on GPUs."
    ),
    source="Inferred: each image is built for one platform (catalogue images.yaml)",
    confidence="medium",
    bad="""\
image: docker.io/vllm/vllm-openai:v0.11.1
limits: {google.com/tpu: 4}
""",
    good="""\
image: docker.io/vllm/vllm-tpu:v0.11.1
limits: {google.com/tpu: 4}
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each container whose image and accelerator differ."""
    seen = view(context)
    for workload in seen.workloads:
        for container in workload.containers:
            wanted = "tpu" if container.amount_path(TPU) else "gpu"
            if container.init or not (container.amount_path(TPU) or container.amount_path(GPU)):
                continue
            row = image_row(seen.catalog, container.image)
            made = row.data.get("accelerator") if row is not None else None
            if made is not None and made != wanted:
                path = container.amount_path(TPU) or container.amount_path(GPU) or ()
                yield RULE.finding(
                    f"{container.image} is made for {made.upper()}s; the container asks for a "
                    + wanted.upper(),
                    container.place("image"),
                    Place(workload.resource, path, key=True, note="asked for here"),
                )
