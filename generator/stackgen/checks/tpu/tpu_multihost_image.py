"""An image whose backend does not serve over several hosts the way that is asked."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.images import image_row
from stackgen.checks.tpu.tpu_multihost_backend import NAME
from stackgen.checks.tpu.view import view
from stackgen.findings.model import Finding, Rule, Severity

RULE = Rule(
    id="tpu-multihost-image",
    family="tpu",
    severity=Severity.WARNING,
    summary="TPU_MULTIHOST_BACKEND is set for an image whose backend does not read it.",
    impact="Each host starts for itself: the server fails, or uses the chips of its own host only.",
    remedy="Use an image with the JAX backend (vllm-tpu-rhel9:3.5.0, vllm/vllm-tpu:v0.12.0).",
    source=(
        "vllm-project/tpu-inference@b8692ff tpu_inference/envs.py; backends of images in "
        "images.yaml"
    ),
    confidence="medium",
    bad="""\
image: registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.2.5
env: [{name: TPU_MULTIHOST_BACKEND, value: ray}]
""",
    good="""\
image: registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.5.0
env: [{name: TPU_MULTIHOST_BACKEND, value: ray}]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each such image of a group."""
    seen = view(context)
    said: set[tuple[int, str]] = set()
    for workload in seen.tpu:
        for container in workload.tpu_containers if workload.grouped else ():
            row = image_row(seen.catalog, container.image)
            if row is None or NAME not in container.env or row.data.get("backend") == "jax":
                continue
            if "backend" not in row.data:
                continue
            if (id(workload.resource), container.image) in said:
                continue
            said.add((id(workload.resource), container.image))
            yield RULE.finding(
                f"{container.image.rpartition('/')[2]} has the backend {row.data['backend']}, "
                f"which does not read {NAME}",
                container.place("image"),
                container.place("env", container.env[NAME][-1], note="set here"),
            )
