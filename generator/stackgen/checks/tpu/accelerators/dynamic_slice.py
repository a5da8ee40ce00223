"""Pods for a slice that GKE forms when they come, which it cannot form or they cannot reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.pools.wanted import wanted
from stackgen.checks.tpu.view import View, view
from stackgen.facts.gke_version import older
from stackgen.facts.hardware import axes
from stackgen.facts.pools import Pools
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.facts.workloads import ACCELERATOR, SLICE_TOPOLOGY, TOPOLOGY, TPU, Workload
from stackgen.findings.model import Place, Severity, Violation, Violations, violation
from stackgen.regex import regex
from stackgen.wording import counted, or_list

_STATE = regex(r"cloud\.google\.com/gke-tpu-partition-(.+)-state\Z")
_SLICE = "cloud.google.com/gke-tpu-slice"
_QUEUE = "kueue.x-k8s.io/queue-name"
_EXCLUSIVE = "alpha.jobset.sigs.k8s.io/exclusive-topology"


def check(context: Context) -> Violations:
    """One finding for each label, number, object or version that does not go with the slice."""
    seen = view(context)
    fact = seen.catalog.gke("dynamic-slicing").data
    for workload in seen.tpu:
        states = {key: m[1] for key in workload.labels if (m := _STATE.match(key))}
        shape = workload.annotations.get(SLICE_TOPOLOGY)
        if workload.dynamic_slice and isinstance(shape, str) and plain(shape):
            yield from _slice(seen, workload, shape, states, fact)
        elif states and workload.whole:
            key = next(iter(states))
            yield violation(
                f"{workload.display_name} selects {key} and has no annotation {SLICE_TOPOLOGY}",
                Place(workload.resource, workload.labels[key].path),
                remedy=f"Add the annotation `{SLICE_TOPOLOGY}: {states[key]}` to the Pod template.",
            )
    yield from _room(seen, fact)


def _room(seen: View, fact: Mapping[str, Any]) -> Iterator[Violation]:
    """More hosts in slices than the node pools have that their Pods select."""
    sharing: dict[tuple[str, ...], dict[int, tuple[int, Workload, Place]]] = {}
    for workload in seen.tpu:
        pools, groups = seen.pools_for(workload), wanted(seen.context, workload)
        shape = axes(str(workload.annotations.get(SLICE_TOPOLOGY)))
        if not workload.dynamic_slice or groups is None or not pools or not shape:
            continue
        hosts = groups[0] * max(prod(shape) // fact["chips_per_pod"], 1)
        here = sharing.setdefault(tuple(pool.name for pool in pools), {})
        here.setdefault(id(workload.resource), (hosts, workload, groups[1]))
    for names, found in sharing.items():
        total = sum(hosts for hosts, _, _ in found.values())
        limits = Pools(pool for pool in seen.tpu_pools if pool.name in names).most
        if None in limits:
            continue
        room = sum(limit[0] for limit in limits if limit is not None)
        if total > room:
            who = " and ".join(f"{w.resource.kind} {w.resource.name}" for _, w, _ in found.values())
            yield violation(
                f"the slices of {who} need {counted(total, 'host')}; the node pools they "
                f"select have {room}: {', '.join(names)}",
                *(place for _, _, place in found.values()),
                remedy="Lower the replicas, or add node pools of further blocks: in stack.yaml by "
                "`nodes` of the node pool.",
            )


def _slice(
    seen: View, workload: Workload, shape: str, states: dict[str, str], fact: Mapping[str, Any]
) -> Iterator[Violation]:
    name, small = workload.display_name, shape in fact["sub_slices"]
    partition = shape if small else fact["partition"]
    here = workload.labels[TOPOLOGY].path
    generation = workload.label(ACCELERATOR)
    row = seen.catalog.accelerator_of_label(generation) if generation else None
    if row is not None and row.key != fact["accelerator"]:
        yield violation(
            f"{name} requests a dynamic slice of {generation}; only {fact['accelerator']} has them",
            Place(workload.resource, workload.labels[ACCELERATOR].path),
            remedy=f"Select {fact['accelerator']}, or replace the annotation by {TOPOLOGY}.",
        )
    chips = workload.chips
    if chips is not None and chips != fact["chips_per_pod"]:
        path = workload.tpu_containers[0].amount_path(TPU) or ()
        yield violation(
            f"{name} requests {counted(chips, 'chip')} for a dynamic slice; each host has "
            f"{fact['chips_per_pod']}",
            Place(workload.resource, path),
            remedy=f"Set `{TPU}: {fact['chips_per_pod']}`.",
        )
    yield from _states(workload, partition, states, fact)
    yield from _formed(seen, workload, fact)
    yield from _levels(seen, workload, partition, here)
    needed = fact["sub_slice_version" if small else "super_slice_version"]
    for cluster in seen.clusters:
        version = cluster.get("spec", "minMasterVersion")
        if older(version, needed):
            kind = "sub-slices" if small else "super-slices"
            yield violation(
                f"GKE {version} does not support the {kind} of {name}; the first version is "
                f"{needed}",
                Place(cluster, ("spec", "minMasterVersion")),
                remedy=f"Upgrade the cluster to {needed} or later, in the Rapid channel.",
            )


def _states(
    workload: Workload, partition: str, states: dict[str, str], fact: Mapping[str, Any]
) -> Iterator[Violation]:
    whole = partition == fact["partition"]
    allowed = fact["states"] if whole else fact["states"][:1]
    for key, of in states.items():
        label = workload.labels[key]
        if of != partition and plain(of):
            yield violation(
                f"{workload.display_name} selects the state of partitions {of}; its slice is in "
                f"partitions {partition}",
                Place(workload.resource, label.path),
                remedy=f"Select `cloud.google.com/gke-tpu-partition-{partition}-state`.",
            )
        wrong = [value for value in label.values if value not in allowed]
        if wrong:
            yield violation(
                f"{workload.display_name} selects partitions in state {wrong[0]}, not "
                f"{or_list(allowed)}",
                Place(workload.resource, label.path),
                remedy=f"Select {or_list(allowed)}.",
            )


def _formed(seen: View, workload: Workload, fact: Mapping[str, Any]) -> Iterator[Violation]:
    """Kueue makes the Slice, or the Pods name one that is there."""
    name = workload.display_name
    queue = as_dict(workload.resource.metadata.get("labels")).get(_QUEUE)
    named = _SLICE in workload.labels or _EXCLUSIVE in workload.annotations
    kind = workload.resource.kind
    if workload.service is not None:  # what the platform makes of it
        kind = "LeaderWorkerSet" if workload.grouped else "Deployment"
    if isinstance(queue, str) and kind not in fact["owners"]:
        yield violation(
            f"Kueue's slice controller forms no slice for Pods of a {kind}, as {name} has them; it "
            f"does for those of a {or_list(fact['owners'])}",
            Place(workload.resource, ("metadata", "labels", _QUEUE)),
            remedy="Use a LeaderWorkerSet, for one host with `size: 1` and no leaderTemplate.",
        )
    elif isinstance(queue, str):
        yield from _queued(seen, workload, queue, fact)
    # Jobs may get a queue by the settings of Kueue.
    elif not named and workload.serving and workload.whole and workload.service is None:
        yield violation(
            f"no controller forms the slice of {name}: it has no label {_QUEUE}, and selects "
            f"no {_SLICE}",
            Place(workload.resource, workload.labels[TOPOLOGY].path),
            severity=Severity.WARNING,
            confidence="medium",
            remedy=f"Add the label `{_QUEUE}` with the name of a LocalQueue.",
        )


def _queued(
    seen: View, workload: Workload, queue: str, fact: Mapping[str, Any]
) -> Iterator[Violation]:
    resource, bundle = workload.resource, seen.context.bundle
    place = Place(resource, ("metadata", "labels", _QUEUE))
    if TOPOLOGY in as_dict(workload.spec.get("nodeSelector")):
        yield violation(
            f"{workload.display_name} selects {TOPOLOGY}, but Kueue forms its slice, and no "
            "node has the label before that",
            workload.place("nodeSelector", TOPOLOGY, key=True),
            remedy=f"Remove {TOPOLOGY} from the nodeSelector. The annotation says it.",
        )
    local = next(iter(bundle.named("LocalQueue", resource.namespace, queue)), None)
    cluster = text(local.get("spec", "clusterQueue")) if local is not None else ""
    found = [q for q in bundle.of_kind("ClusterQueue", "kueue.x-k8s.io") if q.name == cluster]
    checks = {
        one.name: one.get("spec", "controllerName")
        for one in bundle.of_kind("AdmissionCheck", "kueue.x-k8s.io")
    }
    for one in found:
        given = [text(name) for name in as_list(one.get("spec", "admissionChecks"))]
        strategy = maps(one.get("spec", "admissionChecksStrategy", "admissionChecks"))
        given += [text(item.get("name")) for _, item in strategy]
        if all(checks.get(name, "") != fact["controller"] for name in given) and all(
            name in checks for name in given
        ):
            yield violation(
                f"ClusterQueue {one.name} has no AdmissionCheck of {fact['controller']}, so "
                f"Kueue starts the Pods of {workload.display_name} without a slice",
                Place(one, ("spec",)),
                place,
                remedy=f"Add an AdmissionCheck with `controllerName: {fact['controller']}`.",
            )


def _levels(
    seen: View, workload: Workload, partition: str, here: tuple[str | int, ...]
) -> Iterator[Violation]:
    """A Topology of Kueue without the partition has no place for the Pods."""
    level = f"cloud.google.com/gke-tpu-partition-{partition}-id"
    found = list(seen.context.bundle.of_kind("Topology", "kueue.x-k8s.io"))
    levels = {
        text(one.get("nodeLabel")) for topology in found
        for _, one in maps(topology.get("spec", "levels"))
    }  # fmt: skip
    if found and level not in levels and any("gke-tpu-partition" in one for one in levels):
        yield violation(
            f"no Topology has the level {level}, as {workload.display_name} needs",
            Place(found[0], ("spec", "levels")),
            Place(workload.resource, here, note="the slice"),
            remedy=f"Add `nodeLabel: {level}` above kubernetes.io/hostname.",
        )
