"""Pods that do not tolerate a taint of the only node pools that they can use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import gpu_pools_for
from stackgen.checks.tpu.view import View, view
from stackgen.escape import visible
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.pools import Pool, Pools
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.facts.taints import is_hard, tolerates, tolerations_of
from stackgen.facts.workloads import (
    ACCELERATOR,
    COMPUTE_CLASS,
    GPU,
    GPU_ACCELERATOR,
    NODE_POOL,
    SPOT,
    TOPOLOGY,
    TPU,
    Workload,
)  # fmt: skip
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_out import scalar

_QUEUE = "kueue.x-k8s.io/queue-name"
_ACCELERATORS = frozenset({ACCELERATOR, TOPOLOGY, GPU_ACCELERATOR, COMPUTE_CLASS})
# Keys whose tolerations GKE adds to Pods, as it does for its own kinds of nodes.
_ADDED = (GPU, TPU, "kubernetes.io/arch")
_OWN = ("cloud.google.com/", "components.gke.io/", "sandbox.gke.io/")


def check(context: Context) -> Violations:
    """One finding for each Pod template whose pools all have such a taint."""
    seen = view(context)
    flavors = list(context.bundle.of_kind("ResourceFlavor", "kueue.x-k8s.io"))
    added = [one for flavor in flavors for one in tolerations_of(as_dict(flavor.get("spec")))]
    for workload, pools in _used(seen):
        if not pools.all_are(_tainted) or not workload.whole or seen.may_add_pools(workload):
            continue
        # Kueue adds the tolerations of a flavor, which another input may have.
        queued = _queued(workload.resource)
        if COMPUTE_CLASS not in workload.labels and (flavors or not queued):
            place = workload.place("tolerations", key=True)
            more = added if queued else []
            yield from _told(workload.display_name, workload.spec, place, pools, more)
    free = {pool.name for pool in seen.pools if not _tainted(pool)}
    named = {p.name: Pools([p]) for p in seen.pools if p.name not in free}
    for resource in context.bundle.objects if named else ():
        for template in pod_templates(resource):
            labels = as_dict(template.spec.get("nodeSelector"))
            chosen = named.get(text(labels.get(NODE_POOL)))
            # Those with accelerators are judged above.
            if chosen and _ACCELERATORS.isdisjoint(labels) and not _queued(resource):
                place = Place(resource, (*template.spec_path, "tolerations"), key=True)
                name = f"{resource.kind} {resource.name}"
                yield from _told(name, template.spec, place, chosen)


def _told(
    name: str,
    spec: Mapping[str, Any],
    place: Place,
    pools: Pools,
    more: Sequence[dict[str, Any]] = (),
) -> Violations:
    """One finding if no pool is left. more: tolerations that a controller adds."""
    given = [*tolerations_of(spec), *more]
    left = [next((t for t in _taints(p) if not tolerates(given, t[1])), None) for p in pools]
    if left and left[0] is not None and all(left):
        i, taint = left[0]
        value = f"={visible(str(taint['value']))}" if taint.get("value") else ""
        yield violation(
            f"{name} does not tolerate the taint {visible(text(taint.get('key')))}{value} of node "
            f"pool {pools[0].name}",
            place,
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


def _queued(resource: Resource) -> bool:
    labels = resource.metadata.get("labels")
    return isinstance(labels, dict) and _QUEUE in labels


def _tainted(pool: Pool) -> bool:
    return any(True for _ in _taints(pool))


def _taints(pool: Pool) -> Iterator[tuple[int, dict[str, Any]]]:
    """Those that keep Pods away, except for those whose tolerations GKE adds."""
    for i, taint in maps(pool.get("nodeConfig", "taint")):
        key = text(taint.get("key"))
        own = key in _ADDED or (key.startswith(_OWN) and key != SPOT)
        if is_hard(taint) and key and plain(key) and plain(str(taint.get("value"))) and not own:
            yield i, taint
