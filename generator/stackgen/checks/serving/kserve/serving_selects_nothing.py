"""A selector that misses the Pods it is meant for."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from stackgen.checks.composed import gives_label, is_composed, together
from stackgen.checks.context import Context
from stackgen.checks.network.view import MAKES_PODS, View
from stackgen.checks.network.view import view as network
from stackgen.checks.schema.placeholder import asked, variable
from stackgen.checks.serving.chain import LWS_INDEX, LWS_NAME, Chain, Pods, chain
from stackgen.checks.serving.monitors import server_line
from stackgen.checks.serving.provided import provided
from stackgen.checks.serving.settled import settled
from stackgen.facts.chart_pools import ChartPool, chart_pools
from stackgen.facts.shape import as_dict, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.model import Pod
from stackgen.net.selectors import selector
from stackgen.platforms.kserve.names import (
    COMPONENT,
    KSERVE_COMPONENT,
    NAME,
    PART_OF,
    PART_OF_VALUE,
)
from stackgen.spelling import close, did_you_mean_model, nearest

_KINDS: tuple[tuple[str, str, Path], ...] = (
    ("Service", "", ("spec", "selector")),
    ("PodDisruptionBudget", "policy", ("spec", "selector", "matchLabels")),
    ("PodMonitor", "monitoring.coreos.com", ("spec", "selector", "matchLabels")),
    ("PodMonitoring", "monitoring.googleapis.com", ("spec", "selector", "matchLabels")),
    ("InferencePool", "inference.networking.k8s.io", ("spec", "selector", "matchLabels")),
    ("InferencePool", "inference.networking.x-k8s.io", ("spec", "selector")),
    ("AuthorizationPolicy", "security.istio.io", ("spec", "selector", "matchLabels")),
    ("PeerAuthentication", "security.istio.io", ("spec", "selector", "matchLabels")),
    ("RequestAuthentication", "security.istio.io", ("spec", "selector", "matchLabels")),
    ("Telemetry", "telemetry.istio.io", ("spec", "selector", "matchLabels")),
    ("WasmPlugin", "extensions.istio.io", ("spec", "selector", "matchLabels")),
    ("EnvoyFilter", "networking.istio.io", ("spec", "workloadSelector", "labels")),
    ("Sidecar", "networking.istio.io", ("spec", "workloadSelector", "labels")),
)  # fmt: skip


_RUN = ("Deployment", "StatefulSet", "DaemonSet")
# Others than these may be meant for Pods from elsewhere.
_OF_OWN_PODS = ("PodDisruptionBudget", "PodMonitor", "PodMonitoring")


# What KServe gives the Pods of an InferenceService.
_SERVICE = "serving.kserve.io/inferenceservice"
_GROUPS = "leaderworkerset.sigs.k8s.io/"

_NO_SERVER = "The endpoint picker finds no server, and requests fail with status 503."


# Istio's injector gives these to Pods when they are made.
INJECTED = {
    "istio.io/rev",
    "security.istio.io/tlsMode",
    "service.istio.io/canonical-name",
    "service.istio.io/canonical-revision",
}


def check(context: Context) -> Violations:
    """Selectors in namespaces whose services, or whose Pods, are in the input."""
    links = chain(context)
    services = links.view.by_namespace
    world = network(context)
    for kind, group, path in _KINDS:
        for resource in context.bundle.of_kind(kind, group):
            here = services.get(resource.namespace, {})
            wanted = as_dict(resource.get(*path))
            expressions = resource.get(*path[:-1], "matchExpressions") if len(path) > 2 else None
            if INJECTED & set(wanted) or expressions or not wanted:
                continue
            if links.selected(resource.namespace, wanted):
                continue
            if kind in _OF_OWN_PODS and (service := _of_no_service(context, resource, wanted)):
                yield violation(service, Place(resource, (*path, _SERVICE)))
            elif predictor := _of_predictor(context, world, resource, wanted):
                yield violation(predictor, Place(resource, (*path, "app")))
            elif not here and not world.shows(resource.namespace, wanted):
                twin = _twin(context, links, resource, wanted)
                if twin is None:
                    yield from _other_space(links, resource, wanted, path)
                    continue
                key, pods = twin
                yield violation(
                    f"no Pod has {key}: {wanted[key]}; {pods.owner.kind} {pods.owner.name} has "
                    f"{pods.labels[key]}",
                    Place(resource, (*path, key)),
                    pods.owner.place("metadata", "name", note="of the same name"),
                )
            elif _meant(wanted, here) or _of_group(links, resource, wanted):
                wrong = _wrong(links, resource.namespace, wanted)
                if wrong is not None:
                    key, offered = wrong
                    yield violation(
                        f"no Pod has {key}: {wanted[key]}; Pods have {offered}",
                        Place(resource, (*path, key)),
                    )
            elif _alone(context, world, resource, wanted):
                yield violation(
                    f"no Pod of {resource.namespace or 'the input'} has "
                    f"{selector({'matchLabels': wanted})}",
                    Place(resource, path, key=True),
                    confidence="medium",
                )
            else:
                yield from _other_space(links, resource, wanted, path)
    yield from _of_charts(context, links)


def _of_no_service(context: Context, resource: Resource, wanted: Mapping[str, Any]) -> str:
    """Why Pods of an InferenceService that the namespace does not have are selected."""
    name, space = text(wanted.get(_SERVICE)), resource.namespace
    kind = ("InferenceService", "serving.kserve.io")
    names = [one.name for one in context.bundle.of_kind(*kind) if one.namespace == space]
    if not name or not plain(name) or name in names or not names or is_composed(context, resource):
        return ""
    if provided(context).hides(space):
        return ""
    return f"no InferenceService is called {name}; there is {', '.join(sorted(names))}"


def _of_predictor(
    context: Context, world: View, resource: Resource, wanted: Mapping[str, Any]
) -> str:
    """Why the name of an InferenceService in `app` selects none of its Pods."""
    name, space = text(wanted.get("app")), resource.namespace or "default"
    if not name or not plain(name) or name not in world.predictors.get(space, ()):
        return ""
    labels = selector({"matchLabels": dict(wanted)})
    near = world.labelled.candidates(space, selector({"matchLabels": {"app": name}}))
    named = (one.name for one in context.bundle.resources if one.kind in MAKES_PODS)
    if name in named or any(labels.matches(x.labels, x.complete) is not False for x in near):
        return ""
    return f"the Pods of InferenceService {name} have app: {world.predictors[space][name]}"


def _twin(
    context: Context, links: Chain, resource: Resource, wanted: dict[str, Any]
) -> tuple[str, Pods] | None:
    """The label that differs in the Pods of the same file and name, which are meant."""
    if resource.kind not in ("Service", "PodDisruptionBudget"):
        return None
    for pods in links.pods.get(resource.namespace, ()):
        owner = pods.owner.resource
        if (owner.name, owner.file) != (resource.name, resource.file) or owner.kind not in _RUN:
            continue
        wrong = [key for key, value in wanted.items() if pods.labels.get(key) != value]
        if (
            len(wrong) == 1
            and plain(f"{wanted[wrong[0]]}{pods.labels.get(wrong[0], '')}")
            and wrong[0] in pods.labels
            and not gives_label(context, owner, wrong[0])
        ):
            return wrong[0], pods
    return None


def _of_charts(context: Context, links: Chain) -> Violations:
    """Pools that charts make, for Pods of another namespace, or almost for a model server here."""
    created = {one.name for one in context.bundle.of_kind("Namespace", "")}
    for pool in chart_pools(context.bundle):
        wanted, where = pool.labels, pool.place("labels")
        if not wanted or INJECTED & set(wanted) or links.selected(pool.namespace, wanted):
            continue
        servers = [x for x in links.pods.get(pool.namespace, ()) if server_line(x)]
        meant = [x for x in servers if _slip(pool, x) and not _in_pool(links, x)]
        key = _slip(pool, meant[0]) if len(meant) == 1 else ""
        # The only server of a namespace that the input creates, and of which all Pods are known.
        shown = pool.namespace in created and network(context).shows(pool.namespace, wanted)
        if not key and len(servers) == 1 and shown:
            meant = [one for one in servers if not _in_pool(links, one)]
            other = (k for k, value in wanted.items() if servers[0].labels.get(k) != value)
            key = next(other, "") if meant else ""
        world = together(context, meant[0].owner.resource) if key else None
        if key and (world is None or key not in world.labels):
            labels, value = meant[0].labels, wanted[key]
            near = _key_of(labels, value)
            has = labels.get(key) or (f"{near}: {value}" if near else "no label of this name")
            yield violation(
                f"no Pod has {key}: {value}, which InferencePool {pool.name} of {pool.chart} "
                f"selects; {meant[0].owner.kind} {meant[0].owner.name} has {has}",
                where,
                meant[0].owner.place("metadata", "name", note="the model server"),
                confidence="medium",
                impact=_NO_SERVER,
                remedy="Set the labels of the Pods in modelServers.matchLabels of the values.",
            )
        else:
            by = pool.install.parts[0].by
            space, what = pool.namespace, f"InferencePool of {pool.chart}"
            yield from _elsewhere(links, space, by.file, wanted, what, where)


def _slip(pool: ChartPool, pods: Pods) -> str:
    """The one label whose value has a slip; "" if the labels are for other Pods.

    A server that is called as the pool, and has the same label, or the value as another label, is
    the one that is meant.
    """
    wanted, labels = pool.labels, pods.labels
    other = [key for key, value in wanted.items() if labels.get(key) != value]
    ours, theirs = (wanted[other[0]], labels.get(other[0])) if len(other) == 1 else ("", None)
    if theirs is None:
        named = pool.name == pods.owner.name and ours and _key_of(labels, ours)
        return other[0] if named else ""
    if not theirs or not plain(theirs):
        return ""
    if pool.name == pods.owner.name and (theirs == pool.name or len(wanted) > 1):
        return other[0]
    return other[0] if did_you_mean_model(ours, [theirs]) and close(ours, [theirs]) else ""


def _key_of(labels: Mapping[str, str], value: str) -> str:
    """The first label that has a value."""
    return next((key for key, given in labels.items() if given == value), "")


def _in_pool(links: Chain, pods: Pods) -> bool:
    """Whether another pool selects the Pods."""
    pools = [x for x in links.of("InferencePool") if x.namespace == pods.owner.namespace]
    selectors = [as_dict(pool.get("spec", "selector")) for pool in pools]
    chosen = [as_dict(one.get("matchLabels")) or one for one in selectors]
    made = [x for x in chart_pools(links.view.bundle) if x.namespace == pods.owner.namespace]
    # Of a pool whose labels are not known, every Pod may be one.
    return not all(one.labels for one in made) or any(
        labels and labels.items() <= pods.labels.items()
        for labels in (*chosen, *(one.labels for one in made))
    )


def _other_space(
    links: Chain, resource: Resource, wanted: dict[str, Any], path: Path
) -> Violations:
    if resource.kind in ("Service", "InferencePool"):
        place = Place(resource, path, key=True)
        space, what = resource.namespace, resource.kind
        yield from _elsewhere(links, space, resource.file, wanted, what, place)


def _elsewhere(
    links: Chain, namespace: str, file: str, wanted: Mapping[str, Any], what: str, place: Place
) -> Violations:
    """The Pods that are meant are in another namespace, in the same folder or above or below it."""
    if not namespace or links.selected(namespace, wanted) or links.selected("", wanted):
        return
    here = os.path.dirname(file)
    for space in sorted(links.pods):
        if variable(space) or asked(space):  # it may be the same
            continue
        for pods in links.selected(space, wanted) if space else ():
            there = os.path.dirname(pods.owner.resource.file)
            if _within(here, there) or _within(there, here):
                yield violation(
                    f"the Pods with {selector({'matchLabels': wanted})} are in namespace {space}, "
                    f"and the {what} selects Pods of its own namespace only",
                    place,
                    Place(pods.owner.resource, ("metadata", "namespace"), note="the Pods"),
                )
                return


def _within(folder: str, other: str) -> bool:
    return not other or f"{folder}/".startswith(f"{other}/")


def _alone(context: Context, world: View, resource: Resource, wanted: dict[str, Any]) -> bool:
    """All Pods of the namespace are known, and none of them may bear the labels.

    A Service or pool may be there for Pods of other manifests, unless the labels are almost right,
    or deliveries of which the input has all folders apply it with its namespace.
    """
    if not world.shows(resource.namespace, wanted):
        return False
    labels, pods = selector({"matchLabels": wanted}), world.pods_in[resource.namespace]
    near = world.labelled.candidates(resource.namespace, labels)
    if any(labels.matches(pod.labels, pod.complete) is not False for pod in near):
        return False
    elsewhere = resource.kind not in _OF_OWN_PODS and not _delivered(context, resource)
    return not elsewhere or any(_almost(resource, wanted, pod) for pod in pods)


def _delivered(context: Context, resource: Resource) -> bool:
    """Whether the input has all that is applied to its cluster, also the namespace."""
    files, world = settled(context).delivered, together(context, resource)
    wanted = resource.namespace
    return (
        resource.file in files
        and (world is None or not world.brings)
        and any(one.file in files for one in context.bundle.named("Namespace", "", wanted))
    )


def _almost(resource: Resource, wanted: dict[str, Any], pod: Pod) -> bool:
    """A label has almost the wanted value, or the value or the object is called as the Pods are."""
    called = (pod.labels.get(NAME), pod.name)
    same = pod.resource is not None and resource.name == pod.resource.name
    return (same and resource.kind == "Service") or any(
        value in called or (isinstance(value, str) and _like(value, pod.labels.get(key, "")))
        for key, value in wanted.items()
    )


def _like(value: str, other: str) -> bool:
    """The same begin, to ask few Pods, and not much else."""
    return value[:1] == other[:1] and bool(nearest(value, [other]))


def _meant(wanted: dict[str, Any], names: Collection[str]) -> bool:
    """The labels are those of Pods that KServe makes."""
    return (
        wanted.get(PART_OF) == PART_OF_VALUE
        or KSERVE_COMPONENT in wanted
        or "llminferenceservice" in text(wanted.get(COMPONENT))
        or wanted.get(NAME) in names
    )


def _of_group(links: Chain, resource: Resource, wanted: dict[str, Any]) -> bool:
    """A label has the name of a LeaderWorkerSet, which only its own Pods have."""
    others = [key for key in wanted if key.startswith(_GROUPS) and key not in (LWS_NAME, LWS_INDEX)]
    return not others and any(
        (pods.owner.kind, pods.owner.name) == ("LeaderWorkerSet", wanted.get(LWS_NAME))
        for pods in links.pods.get(resource.namespace, ())
    )


def _wrong(links: Chain, namespace: str, wanted: dict[str, Any]) -> tuple[str, str] | None:
    """The one label that keeps the selector from Pods, and the values it could have."""
    for key, given in wanted.items():
        rest = {k: v for k, v in wanted.items() if k != key}
        pods = links.selected(namespace, rest)
        values = sorted({p.labels[key] for p in pods if isinstance(p.labels.get(key), str)})
        if any(variable(value) for value in (*values, given)):
            return None  # what a script fills in may be equal
        if pods:
            return key, ", ".join(values) if values else "no such label on them"
    return None
