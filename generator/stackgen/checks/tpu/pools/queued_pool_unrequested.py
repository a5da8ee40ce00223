"""A queued node pool whose nodes no ProvisioningRequest requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.pools import Pool
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.facts.workloads import NODE_POOL, Label, Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.spelling import misspelled

_KUEUE = "kueue.x-k8s.io"
_QUEUE = f"{_KUEUE}/queue-name"
_CONFIG = "ProvisioningRequestConfig"
_CLASS = "queued-provisioning.gke.io"
_CONTROLLER = f"{_KUEUE}/provisioning-request"
_DURATION, _WEEK = f"provreq.{_KUEUE}/maxRunDurationSeconds", "604800"
_CONSUMES = "consume-provisioning-request"  # the end of an annotation of Pods


def check(context: Context) -> Violations:
    """One finding for each workload, each flavor of a queue, and each misspelled class."""
    queued = [pool for pool in view(context).pools if _queued(pool)]
    if queued:
        yield from _workloads(context, queued)
        yield from _queues(context, queued)
    for one in context.bundle.of_kind(_CONFIG, _KUEUE):
        given = text(one.get("spec", "provisioningClassName"))
        if given != _CLASS and misspelled(given, _CLASS):
            yield violation(
                f'GKE has no provisioning class {given}; did you mean "{_CLASS}"?',
                Place(one, ("spec", "provisioningClassName")),
            )

    for one in context.bundle.objects if queued else ():
        notes, longest = as_dict(one.metadata.get("annotations")), number(_WEEK)
        asked = number(notes.get(_DURATION))
        if asked and longest and asked > longest:
            yield violation(
                f"{one.kind} {one.name} requests nodes for {asked:g} s; GKE keeps queued nodes for "
                f"{_WEEK} s at most",
                Place(one, ("metadata", "annotations", _DURATION)),
            )


def _queued(pool: Pool) -> bool:
    return pool.get("queuedProvisioning", "enabled") is True


def _workloads(context: Context, queued: list[Pool]) -> Violations:
    """Pods that only queued pools take, and that nothing holds back until nodes are there."""
    seen = view(context)
    for workload in seen.workloads:
        pools = seen.pools_near(workload, "all", workload.labels)
        asks = workload.labels and any(
            c.amount_path(name)
            for c in workload.containers
            for name in ("google.com/tpu", "nvidia.com/gpu")
        )
        if asks and pools and all(map(_queued, pools)) and not _held(workload):
            yield violation(
                f"{workload.display_name} can run only on node pool "
                f"{', '.join(pools.names)}, which is queued, and it has no ProvisioningRequest",
                _place(workload),
                pools[0].place("queuedProvisioning", "enabled", note="queued"),
            )


def _held(workload: Workload) -> bool:
    """Whether a queue, or its own request, gives the Pods their nodes."""
    labels = as_dict(workload.resource.metadata.get("labels"))
    inner = as_dict(workload.resource.get(*workload.template_path, "metadata", "labels"))
    by_queue = (
        _QUEUE in labels or _QUEUE in inner or workload.resource.get("spec", "suspend") is True
    )
    return by_queue or any(key.endswith(_CONSUMES) for key in workload.annotations)


def _place(workload: Workload) -> Place:
    label = next(iter(workload.labels.values()))
    return Place(workload.resource, workload.labels.get(NODE_POOL, label).path)


def _queues(context: Context, queued: list[Pool]) -> Violations:
    """Flavors whose nodes are all queued, without a check that requests them."""
    checks = {
        one.name: text(one.get("spec", "parameters", "name"))
        for one in context.bundle.of_kind("AdmissionCheck", _KUEUE)
        if text(one.get("spec", "controllerName")) == _CONTROLLER
    }
    yield from _unmanaged(context, checks)
    shown = {one.name for one in context.bundle.of_kind("AdmissionCheck", _KUEUE)}
    flavors = {one.name: one for one in context.bundle.of_kind("ResourceFlavor", _KUEUE)}
    for queue in context.bundle.of_kind("ClusterQueue", _KUEUE):
        for path, name in _flavors(queue):
            named = _checks(queue, name)
            flavor = flavors.get(name)
            if flavor is None or named & checks.keys() or not named <= shown:
                continue
            labels = {
                str(key): Label((text(value),), ())
                for key, value in as_dict(flavor.get("spec", "nodeLabels")).items()
            }
            pools = view(context).indexes["all"].near(flavor, labels) if labels else ()
            if pools and all(map(_queued, pools)):
                yield violation(
                    f"flavor {name} has the nodes of node pool {pools[0].name}, which is queued, "
                    f"and no admission check of ClusterQueue {queue.name} for this flavor requests "
                    "them",
                    Place(queue, path),
                    pools[0].place("queuedProvisioning", "enabled", note="queued"),
                )


def _unmanaged(context: Context, checks: Mapping[str, str]) -> Violations:
    """Requests for resources of which a queue with the check has none: it makes no request."""
    configs = {one.name: one for one in context.bundle.of_kind(_CONFIG, _KUEUE)}
    for queue in context.bundle.of_kind("ClusterQueue", _KUEUE):
        covered = {
            text(one)
            for _, group in maps(queue.get("spec", "resourceGroups"))
            for one in as_list(group.get("coveredResources"))
        }
        named = {name for _, flavor in _flavors(queue) for name in _checks(queue, flavor)}
        for name in sorted(named & checks.keys()):
            config = configs.get(checks[name])
            managed = (
                set(map(text, as_list(config.get("spec", "managedResources")))) if config else ()
            )
            if config is not None and managed and covered and not covered & set(managed):
                yield violation(
                    f"{_CONFIG} {config.name} manages {', '.join(sorted(managed))}, which "
                    f"ClusterQueue {queue.name} does not cover: Kueue requests no nodes for it",
                    Place(config, ("spec", "managedResources")),
                    Place(queue, ("spec", "resourceGroups")),
                )


def _flavors(queue: Resource) -> Iterator[tuple[Path, str]]:
    for i, group in maps(queue.get("spec", "resourceGroups")):
        for j, flavor in maps(group.get("flavors")):
            yield ("spec", "resourceGroups", i, "flavors", j, "name"), text(flavor.get("name"))


def _checks(queue: Resource, flavor: str) -> set[str]:
    """The admission checks of a flavor."""
    found = {text(one) for one in as_list(queue.get("spec", "admissionChecks"))}
    rules = at(queue.get("spec", "admissionChecksStrategy"), "admissionChecks")
    for _, one in maps(rules):
        only = as_list(one.get("onFlavors"))
        if not only or flavor in only:
            found.add(text(one.get("name")))
    return found - {""}
