"""An image that does not know the TPU generation."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.images import image_row
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.workloads import ACCELERATOR
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="image-generation-mismatch",
    family="tpu",
    severity=Severity.ERROR,
    summary="The serving image was released without support for this TPU generation.",
    impact=(
        "The runtime does not know the chip: it stops while it initialises, and the container "
        "restarts for ever."
    ),
    remedy="Use an image whose release supports the generation.",
    source=(
        "Red Hat AI 3.5 supported configurations (v4, v5e, v5p, v6e); tags and their vLLM "
        "versions from the release notes"
    ),
    bad="""\
nodeSelector: {cloud.google.com/gke-tpu-accelerator: tpu7x}
image: registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.5.0
""",
    good="""\
nodeSelector: {cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice}
image: registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.5.0
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each known image on a generation it does not have."""
    seen = view(context)
    for workload in seen.tpu:
        generation = seen.target(workload).generation
        for container in workload.tpu_containers if generation else ():
            row = image_row(seen.catalog, container.image)
            has = row.data.get("generations") if row is not None else None
            if row is None or generation is None or not has or generation.key in has:
                continue
            sure = row.mark("generations") == "VERIFIED"
            yield RULE.finding(
                f"{container.image.rpartition('/')[2]} supports {', '.join(has)}, not "
                f"{generation.key}",
                container.place("image"),
                Place(workload.resource, workload.labels[ACCELERATOR].path, note="the TPU"),
                severity=None if sure else Severity.WARNING,
                confidence=None if sure else "medium",
            )
