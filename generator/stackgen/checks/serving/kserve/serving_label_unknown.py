"""Labels that no Pod of KServe has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import Requirement, Selector, selector
from stackgen.platforms.kserve.names import (
    COMPONENT,
    KSERVE_COMPONENT,
    PART_OF,
    PART_OF_VALUE,
    ROLE,
    every_pod_labels,
)
from stackgen.spelling import did_you_mean

_SELECTORS: Mapping[tuple[str, str], Path] = {
    ("policy", "PodDisruptionBudget"): ("spec", "selector"),
    ("monitoring.coreos.com", "PodMonitor"): ("spec", "selector"),
    ("monitoring.googleapis.com", "PodMonitoring"): ("spec", "selector"),
    ("inference.networking.k8s.io", "InferencePool"): ("spec", "selector"),
    ("security.istio.io", "AuthorizationPolicy"): ("spec", "selector"),
    ("security.istio.io", "PeerAuthentication"): ("spec", "selector"),
    ("networking.gke.io", "FQDNNetworkPolicy"): ("spec", "podSelector"),
}
# Selectors that are plain maps of labels.
_MAPS: Mapping[tuple[str, str], Path] = {
    ("", "Service"): ("spec", "selector"),
    ("inference.networking.x-k8s.io", "InferencePool"): ("spec", "selector"),
    ("networking.istio.io", "EnvoyFilter"): ("spec", "workloadSelector", "labels"),
}
# The label with the name of an InferenceService, and values that are taken for a switch.
_SERVICE, _SWITCH = "serving.kserve.io/inferenceservice", frozenset({"true", "enabled"})
_KEYS = (COMPONENT, PART_OF, KSERVE_COMPONENT, ROLE)
# Only KServe uses the name of this component.
_TAILS = {"router-scheduler"}


def check(context: Context) -> Violations:
    """One finding for each selector that fits no kind of pod."""
    links = chain(context)
    known = {service.namespace for service in links.view.services}
    kinds = every_pod_labels()
    pods = [pod.labels for here in links.pods.values() for pod in here]
    for resource in context.bundle.objects:
        for path, wanted in selectors(resource):
            switch = any(r.key == _SERVICE and r.values <= _SWITCH for r in _named(wanted))
            if switch and not any(wanted.matches(dict(labels)) for labels in pods):
                yield violation(
                    f"the value of {_SERVICE} is the name of an InferenceService",
                    Place(resource, path, key=True),
                )
            if resource.namespace in known:
                continue
            own = [r for r in wanted.requirements if r.key in _KEYS]
            if not _meant(own) or any(Selector(tuple(own)).matches(x) for x in kinds):
                continue
            if any(wanted.matches(dict(labels)) for labels in pods):
                continue
            yield violation(_message(own, kinds), Place(resource, path, key=True))


def selectors(resource: Resource) -> Iterator[tuple[Path, Selector]]:
    """The selectors of Pods of an object that is not a workload."""
    which = (resource.group, resource.kind)
    if which in _SELECTORS:
        yield _SELECTORS[which], selector(resource.get(*_SELECTORS[which]))
    elif which in _MAPS:
        labels = as_dict(resource.get(*_MAPS[which]))
        yield _MAPS[which], selector({"matchLabels": labels})
    elif which == ("networking.k8s.io", "NetworkPolicy"):
        yield from _of_policy(resource)


def _of_policy(resource: Resource) -> Iterator[tuple[Path, Selector]]:
    own: Path = ("spec", "podSelector")
    yield own, selector(resource.get(*own))
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for i, rule in maps(resource.get("spec", direction)):
            for j, peer in maps(rule.get(peers)):
                path: Path = ("spec", direction, i, peers, j, "podSelector")
                yield path, selector(peer.get("podSelector"))


def _named(wanted: Selector) -> Iterator[Requirement]:
    return (r for r in wanted.requirements if r.operator == "In" and r.values)


def _meant(own: list[Requirement]) -> bool:
    """The labels are meant to be those of KServe."""
    return any(
        r.key == KSERVE_COMPONENT
        or (r.key == PART_OF and PART_OF_VALUE in r.values)
        or (r.key == COMPONENT and any(PART_OF_VALUE in v or v in _TAILS for v in r.values))
        for r in own
        if r.operator in ("In", "Exists")
    )


def _message(own: list[Requirement], kinds: list[dict[str, str]]) -> str:
    """What is wrong: a value that there is not, or labels that never stand together."""
    for r in own:
        values = sorted({x[r.key] for x in kinds if r.key in x})
        if r.operator == "In" and not r.values & set(values):
            shown = ", ".join(sorted(r.values))
            return f"no Pod of KServe has the label {r.key}: {shown}{_hint(shown, values)}"
    return f"no Pod of KServe has all of these labels: {Selector(tuple(own))}"


def _hint(value: str, known: list[Any]) -> str:
    ends = [x for x in known if x.endswith(f"-{value}")]
    return f'; did you mean "{ends[0]}"?' if len(ends) == 1 else did_you_mean(value, known)
