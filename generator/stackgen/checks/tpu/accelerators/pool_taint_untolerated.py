"""Pods that do not tolerate a taint of the only node pools that they can use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import gpu_pools_for
from stackgen.checks.tpu.view import View, view
from stackgen.escape import visible
from stackgen.facts.pools import Pool, Pools
from stackgen.facts.shape import maps, plain, text
from stackgen.facts.taints import is_hard, tolerates, tolerations_of
from stackgen.facts.workloads import COMPUTE_CLASS, GPU, GPU_ACCELERATOR, SPOT, TPU, Workload
from stackgen.findings.model import Violations, violation
from stackgen.manifest.yaml_out import scalar

_QUEUE = "kueue.x-k8s.io/queue-name"
# Keys whose tolerations GKE adds to Pods, as it does for its own kinds of nodes.
_ADDED = (GPU, TPU, "kubernetes.io/arch")
_OWN = ("cloud.google.com/", "components.gke.io/", "sandbox.gke.io/")


def check(context: Context) -> Violations:
    """One finding for each Pod template whose pools all have such a taint."""
    seen = view(context)
    for workload, pools in _used(seen):
        if not pools.all_are(_tainted) or not workload.whole or seen.may_add_pools(workload):
            continue
        if _placed_by_others(workload):
            continue
        given = tolerations_of(workload.spec)
        left = [next((t for t in _taints(p) if not tolerates(given, t[1])), None) for p in pools]
        if left and left[0] is not None and all(left):
            i, taint = left[0]
            value = f"={visible(str(taint['value']))}" if taint.get("value") else ""
            yield violation(
                f"{workload.display_name} does not tolerate the taint "
                f"{visible(text(taint.get('key')))}{value} of node pool {pools[0].name}",
                workload.place("tolerations", key=True),
                pools[0].place("nodeConfig", "taint", i, note="the taint"),
                remedy=f"Add the toleration {_toleration(taint)} to the Pods.",
            )


def _toleration(taint: dict[str, Any]) -> str:
    """What a Pod needs, as it is written in YAML. Terraform has booleans for strings."""
    value = taint.get("value")
    value = str(value).lower() if isinstance(value, bool) else value
    parts = {"key": text(taint.get("key")), **({"value": str(value)} if value else {})}
    parts |= {} if value else {"operator": "Exists"}
    shown = [f"{name}: {visible(scalar(said))}" for name, said in parts.items()]
    effect = "NoExecute" if str(taint.get("effect")).upper().endswith("EXECUTE") else "NoSchedule"
    return f"`{{{', '.join(shown)}, effect: {effect}}}`"


def _used(seen: View) -> Iterator[tuple[Workload, Pools]]:
    """Workloads on TPUs and GPUs with the pools that their selectors allow."""
    for workload in seen.tpu:
        yield workload, seen.pools_for(workload)
    for workload in seen.workloads if seen.gpu_pools else ():
        if GPU_ACCELERATOR in workload.labels:
            yield workload, gpu_pools_for(seen, workload)


def _placed_by_others(workload: Workload) -> bool:
    """Kueue adds the tolerations of a flavor, and GKE those of a ComputeClass."""
    labels = workload.resource.metadata.get("labels")
    return COMPUTE_CLASS in workload.labels or (isinstance(labels, dict) and _QUEUE in labels)


def _tainted(pool: Pool) -> bool:
    return any(True for _ in _taints(pool))


def _taints(pool: Pool) -> Iterator[tuple[int, dict[str, Any]]]:
    """Those that keep Pods away, except for those whose tolerations GKE adds."""
    for i, taint in maps(pool.get("nodeConfig", "taint")):
        key = text(taint.get("key"))
        own = key in _ADDED or (key.startswith(_OWN) and key != SPOT)
        if is_hard(taint) and key and plain(key) and plain(str(taint.get("value"))) and not own:
            yield i, taint
