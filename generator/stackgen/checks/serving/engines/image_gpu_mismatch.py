"""An image that is built for another generation of GPUs than that of its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, at, text
from stackgen.facts.workloads import GPU_ACCELERATOR
from stackgen.findings.model import Violations, violation
from stackgen.manifest.shipped import shipped


def check(context: Context) -> Violations:
    """One finding for each container with a GPU."""
    gpus = _table()["gpus"]
    for pod in pod_specs(context):
        label = text(as_dict(pod.spec.get("nodeSelector")).get(GPU_ACCELERATOR))
        for path, container in pod.containers() if label in gpus else ():
            limits = as_dict(at(container, "resources", "limits"))
            tag, built = _built(text(container.get("image")))
            if built in (None, gpus[label]) or not number(limits.get("nvidia.com/gpu")):
                continue
            what = f"compute capability {built / 10}" if built else "CPUs and uses no GPU"
            yield violation(
                f"the image {tag} is built for {what}; {label} has compute capability "
                f"{gpus[label] / 10}",
                pod.place(*path, "image"),
                pod.place("nodeSelector", GPU_ACCELERATOR),
            )


def _built(image: str) -> tuple[str, int | None]:
    """The tag of an image, and for what it is built; None where that is not known."""
    name, _, tag = image.partition("@")[0].rpartition(":")
    for row in _table()["images"]:
        if name.endswith(row["image"]):
            return tag, next((x for begin, x in row["tags"].items() if tag.startswith(begin)), None)
    return tag, None


@cache
def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "image_gpu_mismatch.yaml")
    return found
