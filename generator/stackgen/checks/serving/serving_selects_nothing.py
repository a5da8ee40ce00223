"""A selector that misses the Pods it is meant for."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.network.view import View
from stackgen.checks.network.view import view as network
from stackgen.checks.schema.placeholder import asked, variable
from stackgen.checks.serving.chain import Chain, chain
from stackgen.facts.shape import as_dict, text
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
from stackgen.spelling import nearest

_KINDS: tuple[tuple[str, str, Path], ...] = (
    ("Service", "", ("spec", "selector")),
    ("PodDisruptionBudget", "policy", ("spec", "selector", "matchLabels")),
    ("PodMonitor", "monitoring.coreos.com", ("spec", "selector", "matchLabels")),
    ("PodMonitoring", "monitoring.googleapis.com", ("spec", "selector", "matchLabels")),
    ("InferencePool", "inference.networking.k8s.io", ("spec", "selector", "matchLabels")),
    ("InferencePool", "inference.networking.x-k8s.io", ("spec", "selector")),
    ("AuthorizationPolicy", "security.istio.io", ("spec", "selector", "matchLabels")),
    ("PeerAuthentication", "security.istio.io", ("spec", "selector", "matchLabels")),
    ("EnvoyFilter", "networking.istio.io", ("spec", "workloadSelector", "labels")),
)  # fmt: skip


# Others than these may be meant for Pods from elsewhere.
_OF_OWN_PODS = ("PodDisruptionBudget", "PodMonitor", "PodMonitoring")


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
            if INJECTED & set(wanted):
                continue
            if not here and resource.namespace not in world.known:
                if wanted and not expressions:
                    yield from _elsewhere(links, resource, wanted, path)
                continue
            if expressions or not wanted or links.selected(resource.namespace, wanted):
                continue
            if _meant(wanted, here):
                wrong = _wrong(links, resource.namespace, wanted)
                if wrong is not None:
                    key, offered = wrong
                    yield violation(
                        f"no Pod has {key}: {wanted[key]}; Pods have {offered}",
                        Place(resource, (*path, key)),
                    )
            elif _alone(world, resource, wanted):
                yield violation(
                    f"no Pod of {resource.namespace or 'the input'} has "
                    f"{selector({'matchLabels': wanted})}",
                    Place(resource, path, key=True),
                    confidence="medium",
                )
            else:
                yield from _elsewhere(links, resource, wanted, path)


def _elsewhere(links: Chain, resource: Resource, wanted: dict[str, Any], path: Path) -> Violations:
    """The Pods that are meant are in another namespace, in the same folder or above or below it."""
    if resource.kind not in ("Service", "InferencePool") or not resource.namespace:
        return
    if links.selected(resource.namespace, wanted) or links.selected("", wanted):
        return
    here = os.path.dirname(resource.file)
    for space in sorted(links.pods):
        if variable(space) or asked(space):  # it may be the same
            continue
        for pods in links.selected(space, wanted) if space else ():
            there = os.path.dirname(pods.owner.resource.file)
            if _within(here, there) or _within(there, here):
                yield violation(
                    f"the Pods with {selector({'matchLabels': wanted})} are in namespace {space}, "
                    f"and the {resource.kind} selects Pods of its own namespace only",
                    Place(resource, path, key=True),
                    Place(pods.owner.resource, ("metadata", "namespace"), note="the Pods"),
                )
                return


def _within(folder: str, other: str) -> bool:
    return not other or f"{folder}/".startswith(f"{other}/")


def _alone(world: View, resource: Resource, wanted: dict[str, Any]) -> bool:
    """All Pods of the namespace are known, and none of them may bear the labels.

    A Service or pool may be there for Pods of other manifests, unless the labels are almost right.
    """
    if resource.namespace not in world.known:
        return False
    labels, pods = selector({"matchLabels": wanted}), world.pods_in[resource.namespace]
    near = world.labelled.candidates(resource.namespace, labels)
    if any(labels.matches(pod.labels, pod.complete) is not False for pod in near):
        return False
    elsewhere = resource.kind not in _OF_OWN_PODS
    return not elsewhere or any(_almost(resource, wanted, pod) for pod in pods)


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


def _wrong(links: Chain, namespace: str, wanted: dict[str, Any]) -> tuple[str, str] | None:
    """The one label that keeps the selector from Pods, and the values it could have."""
    for key in wanted:
        rest = {k: v for k, v in wanted.items() if k != key}
        pods = links.selected(namespace, rest)
        values = sorted({p.labels[key] for p in pods if isinstance(p.labels.get(key), str)})
        if pods:
            return key, ", ".join(values) if values else "no such label on them"
    return None
