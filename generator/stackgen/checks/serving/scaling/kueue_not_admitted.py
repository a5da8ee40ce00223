"""A workload that its ClusterQueue can never admit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.pod_templates import PodTemplate, pod_templates
from stackgen.facts.quantity import number, whole
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.facts.taints import is_hard, tolerates, tolerations_of
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import selector

GROUP = "kueue.x-k8s.io"
_LEAST = "kueue.x-k8s.io/job-min-parallelism"
_QUEUE = "kueue.x-k8s.io/queue-name"


def check(context: Context) -> Violations:
    """One finding for each workload and cause, where both queues are in the input."""
    queues = {r.name: r for r in context.bundle.of_kind("ClusterQueue", GROUP)}
    local = {(r.namespace, r.name): r for r in context.bundle.of_kind("LocalQueue", GROUP)}
    flavors = {
        r.name: as_dict(r.get("spec")) for r in context.bundle.of_kind("ResourceFlavor", GROUP)
    }
    limited = {r.namespace for r in context.bundle.of_kind("LimitRange", "")}
    spaces = {r.name: r for r in context.bundle.of_kind("Namespace", "")}
    # A queue that no LocalQueue names lends its quota to a cohort.
    used = {text(one.get("spec", "clusterQueue")) for one in local.values()}
    for queue in queues.values():
        if queue.name in used and queue.get("spec", "namespaceSelector") is None:
            yield violation(
                f"ClusterQueue {queue.name} has no namespaceSelector, so it admits no workload; "
                "an empty one selects every namespace",
                Place(queue, ("spec",), key=True),
            )
        if queue.name in used:
            yield from _nothing(queue)
        yield from _unlike(queue)
    for workload in context.bundle.objects if local else ():
        name = at(workload.metadata, "labels", _QUEUE)
        yield from _as_annotation(workload, local)
        entry = local.get((workload.namespace, text(name)))
        found = queues.get(text(entry.get("spec", "clusterQueue"))) if entry is not None else None
        if found is not None and workload.group != GROUP:
            yield from _closed(workload, found, spaces.get(workload.namespace))
            yield from _resources(workload, found, _lenders(context, found, queues))
            yield from _elsewhere(workload, found, flavors)
            yield from _levels(context, workload, found, flavors)
            if workload.namespace not in limited:
                yield from _without_requests(workload, found)


def _as_annotation(workload: Resource, local: Mapping[tuple[str, str], Resource]) -> Violations:
    """The name of a queue of the namespace as an annotation, which Kueue does not read."""
    annotated = text(at(workload.metadata, "annotations", _QUEUE))
    labelled = at(workload.metadata, "labels", _QUEUE)
    if annotated and not labelled and (workload.namespace, annotated) in local:
        yield violation(
            f"{workload.kind} {workload.name} has {_QUEUE} as an annotation; Kueue reads the label",
            Place(workload, ("metadata", "annotations", _QUEUE)),
            impact="Kueue does not manage the workload: it starts without quota.",
            remedy=f"Write `{_QUEUE}` under `metadata.labels`.",
        )


def _levels(
    context: Context,
    workload: Resource,
    queue: Resource,
    flavors: Mapping[str, Mapping[str, Any]],
) -> Violations:
    """A level of a topology that no flavor of the queue has, of flavors that are all known."""
    named = {text(f.get("name")) for _, g in _groups(queue) for _, f in maps(g.get("flavors"))}
    if not named or not named <= flavors.keys():
        return
    kinds = {text(flavors[name].get("topologyName")) for name in named} - {""}
    known = {r.name: r for r in context.bundle.of_kind("Topology", GROUP) if r.name in kinds}
    if not kinds <= known.keys():
        return
    levels = {
        text(level.get("nodeLabel"))
        for one in known.values()
        for _, level in maps(one.get("spec", "levels"))
    }
    for template in pod_templates(workload):
        marks = as_dict(at(template.data, "metadata", "annotations"))
        for key in (f"kueue.x-k8s.io/podset-{word}-topology" for word in ("required", "preferred")):
            level = text(marks.get(key))
            if not level or level in levels:
                continue
            said = (
                f"no flavor of ClusterQueue {queue.name} has a topologyName"
                if not kinds
                else f"Topology {', '.join(sorted(kinds))} has {', '.join(sorted(levels))}"
            )
            yield violation(
                f"Pods of {workload.kind} {workload.name} request the topology level "
                f"{visible(level)}; {said}",
                Place(workload, (*template.path, "metadata", "annotations", key)),
                Place(queue, ("spec", "resourceGroups")),
            )


def _unlike(queue: Resource) -> Violations:
    """Flavors whose resources are not those that their group covers, in the same order."""
    for i, group in _groups(queue):
        covered = [text(one) for one in as_list(group.get("coveredResources"))]
        for j, flavor in maps(group.get("flavors")):
            own = [text(one.get("name")) for _, one in maps(flavor.get("resources"))]
            if own and covered and own != covered:
                yield violation(
                    f"flavor {visible(text(flavor.get('name')))} has {', '.join(own)}, and "
                    f"coveredResources has {', '.join(covered)}",
                    Place(queue, ("spec", "resourceGroups", i, "flavors", j, "resources")),
                    impact="The webhook of Kueue rejects the ClusterQueue.",
                    remedy="List the resources of the flavor as in `coveredResources`, in the same "
                    "order.",
                )


def _nothing(queue: Resource) -> Violations:
    """Resources of which the queue has no quota, and that no cohort can lend to it."""
    for i, group in _groups(queue):
        for resource in as_list(group.get("coveredResources")):
            if not _borrows(queue, text(resource)) and _most(queue, text(resource)) == 0:
                yield violation(
                    f"every flavor of ClusterQueue {queue.name} has a quota of 0 for "
                    f"{visible(text(resource))}",
                    Place(queue, ("spec", "resourceGroups", i, "coveredResources")),
                    severity=Severity.WARNING,  # the queue may be for others
                )


def _elsewhere(
    workload: Resource, queue: Resource, flavors: Mapping[str, Mapping[str, Any]]
) -> Violations:
    """Pods that do not go to the nodes of any flavor of a resource that they request."""
    for template in pod_templates(workload):
        wanted = as_dict(template.spec.get("nodeSelector"))
        requested = _requested(template)
        for _, group in _groups(queue):
            named = [text(flavor.get("name")) for _, flavor in maps(group.get("flavors"))]
            specs = [as_dict(flavors.get(name)) for name in named]
            if not requested & {text(name) for name in as_list(group.get("coveredResources"))}:
                continue
            other = [_contradicted(wanted, as_dict(spec.get("nodeLabels"))) for spec in specs]
            if named and all(other):
                key = other[0]
                yield violation(
                    f"Pods of {workload.kind} {workload.name} select {key} "
                    f"{visible(text(wanted[key]))}, but every flavor of ClusterQueue "
                    f"{queue.name} has a different value",
                    Place(workload, (*template.spec_path, "nodeSelector", key)),
                    Place(queue, ("spec", "resourceGroups")),
                )
                return
            taints = [_untolerated(template, spec) for spec in specs]
            if named and all(taints):
                yield violation(
                    f"Pods of {workload.kind} {workload.name} do not tolerate the taint "
                    f"{visible(taints[0])} of flavor {named[0]}, and no other flavor of "
                    f"ClusterQueue {queue.name} is without such a taint",
                    Place(workload, (*template.spec_path, "tolerations"), key=True),
                    Place(queue, ("spec", "resourceGroups")),
                )
                return


def _untolerated(template: PodTemplate, flavor: Mapping[str, Any]) -> str:
    """The key of a taint of a flavor that neither the Pods nor the flavor tolerate."""
    tolerations = [*tolerations_of(template.spec), *tolerations_of(flavor)]
    for _, taint in maps(flavor.get("nodeTaints")):
        if is_hard(taint) and not tolerates(tolerations, taint):
            return text(taint.get("key"))
    return ""


def _requested(template: PodTemplate) -> frozenset[str]:
    """The resources that the containers request."""
    containers = (container for _, container in maps(template.spec.get("containers")))
    return frozenset(name for container in containers for name, _, _ in _requests(container))


def _without_requests(workload: Resource, queue: Resource) -> Violations:
    """Pods that request nothing: Kueue admits them immediately, and gives them no flavor."""
    covered = {text(r) for _, g in _groups(queue) for r in as_list(g.get("coveredResources"))}
    templates = list(pod_templates(workload))
    if covered and "pods" not in covered and templates and not any(map(_requested, templates)):
        yield violation(
            f"Pods of {workload.kind} {workload.name} request none of the resources of "
            f"ClusterQueue {queue.name}, so they use no quota and get no node labels of a flavor",
            Place(workload, (*templates[0].spec_path, "containers")),
            severity=Severity.WARNING,
            impact="Kueue admits the workload without a flavor. The Pods run on any node.",
        )


def _contradicted(wanted: Mapping[str, Any], labels: Mapping[str, Any]) -> str:
    """The label of which nodes have another value than is wanted; empty if there is none."""
    return next((key for key in wanted if labels.get(key, wanted[key]) != wanted[key]), "")


def _closed(workload: Resource, queue: Resource, space: Resource | None) -> Violations:
    """The namespace is not one of the queue's, or the queue is stopped."""
    chosen = queue.get("spec", "namespaceSelector")
    if isinstance(chosen, dict) and space is not None and not _selects(chosen, space):
        yield violation(
            f"ClusterQueue {queue.name} does not select namespace {workload.namespace}",
            _queue_of(workload),
            Place(queue, ("spec", "namespaceSelector")),
        )
    if text(queue.get("spec", "stopPolicy")) in ("Hold", "HoldAndDrain"):
        yield violation(
            f"ClusterQueue {queue.name} is stopped",
            _queue_of(workload),
            Place(queue, ("spec", "stopPolicy")),
            severity=Severity.WARNING,
        )


def _selects(chosen: Mapping[str, Any], space: Resource) -> bool:
    own = as_dict(space.metadata.get("labels"))
    labels = {"kubernetes.io/metadata.name": space.name, **own}
    return selector(chosen).matches(labels) is not False


def _queue_of(workload: Resource) -> Place:
    return Place(workload, ("metadata", "labels", _QUEUE))


def _resources(workload: Resource, queue: Resource, lenders: list[Resource] | None) -> Violations:
    """What the Pods of a template request, against what the queue covers and a flavor has.

    lenders: the other queues of its cohort; None if they are not known.
    """
    covered = {text(r) for _, g in _groups(queue) for r in as_list(g.get("coveredResources"))}
    told: set[str] = set()
    for template in pod_templates(workload):
        pods = _together(workload, template)
        who = f"{workload.kind} {workload.name} request"
        who = f"{pods} Pods of {who}" if pods > 1 else f"a Pod of {who}s"
        for i, container in maps(template.spec.get("containers")):
            for resource, amount, where in _requests(container):
                place = Place(workload, (*template.spec_path, "containers", i, *where))
                if resource in told:
                    continue
                most, alone = _most(queue, resource), not _borrows(queue, resource)
                if most is not None and not alone and lenders is not None:
                    most, alone = _with_cohort(queue, resource, lenders), True
                if covered and resource not in covered:
                    told.add(resource)
                    yield violation(
                        f"ClusterQueue {queue.name} does not cover {visible(resource)}, which "
                        f"{workload.kind} {workload.name} requests",
                        place,
                        Place(queue, ("spec", "resourceGroups")),
                        severity=Severity.WARNING if _transformed(resource, covered) else None,
                    )
                elif most is not None and amount is not None and pods * amount > most and alone:
                    told.add(resource)
                    yield violation(
                        f"{who} {at(container, *where)} of {visible(resource)}"
                        f"{' each' if pods > 1 else ''}; no flavor of "
                        f"ClusterQueue {queue.name} has this quota"
                        f"{', nor can it borrow it in its cohort' if lenders else ''}",
                        place,
                        Place(queue, ("spec", "resourceGroups")),
                    )


def _together(workload: Resource, template: PodTemplate) -> int:
    """Pods of the template that Kueue admits together, into one flavor; 1 where it is not known."""
    group = as_dict(workload.get("spec", "leaderWorkerTemplate"))
    if group:
        size = group.get("size")
        others = "leaderTemplate" in group
        pods = 1 if template.part == "leader" or not isinstance(size, int) else size - others
    else:
        job = as_dict(at(workload.data, *template.path[:-1]))
        counts = [n for key in ("parallelism", "completions") if (n := whole(job.get(key)))]
        few = _LEAST in as_dict(workload.metadata.get("annotations"))
        pods = 1 if few or "parallelism" not in job else min(counts, default=1)
        if template.path[:2] == ("spec", "replicatedJobs"):  # all Jobs of a JobSet start together
            jobs = whole(at(workload.data, *template.path[:3], "replicas"))
            pods *= 1 if jobs is None else jobs
    return max(pods, 1)


def _transformed(resource: str, covered: set[str]) -> bool:
    """Whether the configuration of Kueue may turn the resource into one that the queue covers."""
    vendor, slash, _ = resource.partition("/")
    return bool(slash) and any(name.startswith(f"{vendor}/") for name in covered)


def _groups(queue: Resource) -> Iterator[tuple[int, dict[str, Any]]]:
    return maps(queue.get("spec", "resourceGroups"))


def _requests(
    container: Mapping[str, Any],
) -> Iterator[tuple[str, float | None, tuple[str, ...]]]:
    """Requests, with limits where there is no request: name, amount and path."""
    seen: set[str] = set()
    for section in ("requests", "limits"):
        for resource, amount in as_dict(at(container, "resources", section)).items():
            if resource not in seen and number(amount) != 0:
                seen.add(resource)
                yield resource, number(amount), ("resources", section, resource)


def _quotas(queue: Resource, resource: str) -> list[dict[str, Any]]:
    """What the flavors of a queue say of a resource."""
    return [one for _, one in _flavored(queue, resource)]


def _borrows(queue: Resource, resource: str) -> bool:
    """Whether a cohort may lend the queue more of the resource than its own quota."""
    limits = [number(one.get("borrowingLimit")) for one in _quotas(queue, resource)]
    cohort = queue.get("spec", "cohort") or queue.get("spec", "cohortName")
    return bool(cohort) and any(limit != 0 for limit in limits)


def _lenders(
    context: Context, queue: Resource, queues: Mapping[str, Resource]
) -> list[Resource] | None:
    """The other queues of the cohort, if the input has some and no Cohort adds to them."""
    name = _cohort_of(queue)
    if not name or any(one.name == name for one in context.bundle.of_kind("Cohort", GROUP)):
        return None
    return [q for q in queues.values() if q is not queue and _cohort_of(q) == name] or None


def _cohort_of(queue: Resource) -> str:
    return text(queue.get("spec", "cohort")) or text(queue.get("spec", "cohortName"))


def _with_cohort(queue: Resource, resource: str, lenders: list[Resource]) -> float | None:
    """The largest quota of a flavor with what the other queues lend of it; None if not known."""
    found = []
    for flavor, one in _flavored(queue, resource):
        lent = [
            number(other.get("lendingLimit", other.get("nominalQuota")))
            for lender in lenders
            for name, other in _flavored(lender, resource)
            if name == flavor
        ]
        own = number(one.get("nominalQuota"))
        if own is None or None in lent:
            return None
        more = sum(amount or 0 for amount in lent)
        limit = number(one.get("borrowingLimit"))
        found.append(own + (more if limit is None else min(more, limit)))
    return max(found, default=None)


def _flavored(queue: Resource, resource: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each flavor of a queue says of a resource, with the name of the flavor."""
    for _, group in _groups(queue):
        for _, flavor in maps(group.get("flavors")):
            for _, one in maps(flavor.get("resources")):
                if one.get("name") == resource:
                    yield text(flavor.get("name")), one


def _most(queue: Resource, resource: str) -> float | None:
    """The largest nominal quota of a flavor; None when one is not known."""
    amounts = [number(one.get("nominalQuota")) for one in _quotas(queue, resource)]
    known = [amount for amount in amounts if amount is not None]
    return max(known) if known and len(known) == len(amounts) else None
