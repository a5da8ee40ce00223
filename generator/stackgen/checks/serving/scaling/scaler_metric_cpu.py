"""Servers on accelerators that are scaled by the CPU or the memory of their Pods."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.facts.autoscalers import Autoscaler, autoscalers
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Place, Violations, violation

_ACCELERATORS = ("nvidia.com/", "amd.com/gpu", "google.com/tpu", "habana.ai/")


def check(context: Context) -> Violations:
    """One finding for each autoscaler that has no other metric."""
    scalers = list(autoscalers(context.bundle))
    pods: dict[tuple[str, str, str], PodSpec] = {}
    for pod in pod_specs(context) if scalers else ():
        pods[pod.resource.kind, pod.namespace, pod.resource.name] = pod
    for scaler in scalers:
        shares, found = list(scaler.shares()), pods.get(scaler.target)
        if found is None or not shares or _count(scaler) > len(shares):
            continue
        names = {
            str(key)
            for _, container in found.containers()
            for key in as_dict(as_dict(container.get("resources")).get("limits"))
        }
        device = next((n for n in sorted(names) if n.startswith(_ACCELERATORS)), "")
        if device:
            metrics = " and ".join(sorted({share.name for share in shares}))
            yield violation(
                f"{scaler.resource.kind} {scaler.resource.name} scales by {metrics}; the Pods of "
                f"{scaler.name} compute on {device}",
                Place(scaler.resource, shares[0].path),
            )


def _count(scaler: Autoscaler) -> int:
    """The metrics of an autoscaler."""
    resource = scaler.resource
    if resource.kind == "ScaledObject":
        return len(list(maps(resource.get("spec", "triggers"))))
    old = resource.get("spec", "targetCPUUtilizationPercentage") is not None
    return len(list(maps(resource.get("spec", "metrics")))) + old
