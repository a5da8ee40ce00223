"""A selector for Pods of Ray with a label that KubeRay gives to none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.kserve.serving_label_unknown import selectors
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.ray_pods import CLUSTER, GROUP, KEYS, NODE_TYPE, NODE_TYPES, ray_pods
from stackgen.facts.shape import as_dict, at, maps, plain
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import Requirement, Selector, selector
from stackgen.spelling import did_you_mean

_LISTS = {
    "requiredDuringSchedulingIgnoredDuringExecution": (),
    "preferredDuringSchedulingIgnoredDuringExecution": ("podAffinityTerm",),
}


def check(context: Context) -> Violations:
    """One finding for each label that is not there, or whose value is that of another object."""
    known, made = set(KEYS), dict[str, set[str]]()
    clusters = {(x.namespace, x.name) for x in context.bundle.of_kind("RayCluster", GROUP)}
    for pods in ray_pods(context.bundle):
        known |= {str(key) for key in pods.labels}
        if pods.made and (pods.owner.namespace, pods.owner.name) not in clusters:
            made.setdefault(pods.owner.namespace, set()).add(pods.owner.name)
    for resource in context.bundle.objects:
        suffixed = made.get(resource.namespace, set())
        for path, wanted in _selectors(resource):
            said = [_wrong(resource, one, known, suffixed) for one in wanted.requirements]
            if any(said):
                yield violation(next(filter(None, said)), Place(resource, path, key=True))


def _wrong(resource: Resource, one: Requirement, known: set[str], suffixed: set[str]) -> str:
    """What is wrong with a label. suffixed: names that KubeRay gives RayClusters with a suffix."""
    if one.operator not in ("In", "Exists") or not one.key.startswith(f"{GROUP}/"):
        return ""
    if one.key not in known:
        return f"KubeRay gives no Pod the label {one.key}{did_you_mean(one.key, sorted(KEYS))}"
    if one.key == CLUSTER and one.operator == "In" and (named := suffixed & one.values):
        return f"{CLUSTER} is {min(named)}, and KubeRay names its RayCluster with a suffix"
    if one.key == NODE_TYPE and all(map(plain, one.values)):
        if resource.kind == "ServiceMonitor" and one.values == {"worker"}:
            return "KubeRay makes no Service for workers, so that no Service has node-type worker"
        if one.values and not one.values & set(NODE_TYPES):
            value = min(one.values)
            return f"{NODE_TYPE} is {value}{did_you_mean(value, NODE_TYPES)}"
    return ""


def _selectors(resource: Resource) -> Iterator[tuple[Path, Selector]]:
    yield from selectors(resource)
    if (resource.group, resource.kind) == ("monitoring.coreos.com", "ServiceMonitor"):
        yield ("spec", "selector"), selector(resource.get("spec", "selector"))
    for template in pod_templates(resource):
        for path, term in _terms(template.spec):
            yield (*template.spec_path, *path, "labelSelector"), selector(term["labelSelector"])


def _terms(spec: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Spread constraints, and terms of affinity to Pods and against them."""
    for i, one in maps(spec.get("topologySpreadConstraints")):
        if as_dict(one.get("labelSelector")):
            yield ("topologySpreadConstraints", i), one
    for side in ("podAffinity", "podAntiAffinity"):
        for word, below in _LISTS.items():
            for i, one in maps(at(spec, "affinity", side, word)):
                term = as_dict(at(one, *below)) if below else one
                if as_dict(term.get("labelSelector")):
                    yield ("affinity", side, word, i, *below), term
