"""An image for another accelerator."""

from __future__ import annotations

from stackgen.checks.composed import is_composed
from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.checks.tpu.engine_flags.images import image_row
from stackgen.checks.tpu.view import view
from stackgen.facts.command_line import read
from stackgen.facts.pod_templates import kind_of
from stackgen.facts.shape import as_dict, maps, text
from stackgen.facts.workloads import GPU, TPU
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_AMOUNTS = ("requests", "limits")
# What gives a container devices without a request.
_DEVICES = ("resourceClaims", "runtimeClassName", "nodeSelector", "affinity")


def check(context: Context) -> Violations:
    """One finding for each container whose image and accelerator differ."""
    yield from _without(context)
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
                yield violation(
                    f"{container.image} is for {made.upper()}s; the container requests a "
                    + wanted.upper(),
                    container.place("image"),
                    Place(workload.resource, path, key=True, note="requested here"),
                )


def _without(context: Context) -> Violations:
    """Servers of an image for GPUs in Pods that get none."""
    for pod in pod_specs(context):
        found = list(pod.containers())
        said = [as_dict(as_dict(c.get("resources")).get(x)) for _, c in found for x in _AMOUNTS]
        asked = {key for amounts in said for key in amounts}
        if not _alone(pod.resource) or not asked or any("/" in key for key in asked):
            continue
        if any(pod.spec.get(field) for field in _DEVICES) or is_composed(context, pod.resource):
            continue
        for path, container in found:
            row = image_row(context.catalog, text(container.get("image")))
            if row is None or row.data.get("accelerator") != "gpu":
                continue
            command = read(container.get("command"), container.get("args"), {}, path)
            own = any("NVIDIA" in text(env.get("name")) for _, env in maps(container.get("env")))
            # The image has programs that need no GPU, such as `vllm bench`.
            if (command.engine == "vllm" or not container.get("command")) and not own:
                yield violation(
                    f"{container['image']} is for GPUs; the Pod requests none",
                    pod.place(*path, "image"),
                )


def _alone(resource: Resource) -> bool:
    """Every Pod serves alone. One on each node often only pulls the image."""
    row = kind_of(resource)
    return (
        row is not None
        and len(row.templates) == 1
        and row.grouped != "always"
        and row.default is not None
    )
