"""A model in a folder of the node, and a Pod that may run on any node."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import pod_runs
from stackgen.escape import visible
from stackgen.facts.folders import is_below
from stackgen.facts.shape import as_dict, maps, named, text
from stackgen.findings.model import Violations, violation

# The Pod runs on nodes that are chosen, or on each of them.
_CHOSEN = ("nodeName", "nodeSelector", "affinity")
_EACH = ("DaemonSet",)


def check(context: Context) -> Violations:
    """One finding for each server that reads its model from a hostPath volume."""
    for pod, path, run in pod_runs(context):
        model = run.line.model.value if run.line.model else None
        model = model or run.line.text("model") or run.line.text("model-path") or ""
        if not model.startswith("/") or any(pod.spec.get(field) for field in _CHOSEN):
            continue
        if pod.resource.kind in _EACH:
            continue
        for i, mount in maps(run.container.get("volumeMounts")):
            volume = named(pod.spec.get("volumes"), text(mount.get("name")))
            host = as_dict(volume[1].get("hostPath")) if volume is not None else {}
            if host and is_below(model, text(mount.get("mountPath")) or "-"):
                yield violation(
                    f"the model is in {visible(text(host.get('path')))} of the node, and the Pod "
                    "selects no node",
                    pod.place(*path, "volumeMounts", i),
                )
