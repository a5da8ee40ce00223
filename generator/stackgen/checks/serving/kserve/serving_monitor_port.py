"""A monitor of a port that the Pods do not have."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.checks.context import Context
from stackgen.checks.network.view import view as network
from stackgen.checks.serving.monitors import OF_PODS, Target, listened, targets
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.model import Pod
from stackgen.net.selectors import selector
from stackgen.platforms.model import PARTS

# KServe adds a container with ports of its own for these.
_ADDED = ("batcher", "logger")


def check(context: Context) -> Violations:
    """Monitors that select Pods of the input, or Pods that KServe makes for it."""
    for target in targets(context):
        wrong = _wrong(target) if target.field else ""
        if wrong:
            yield violation(wrong, Place(target.resource, (*target.path, target.field)))
    for kind, group, field in OF_PODS:
        for monitor in context.bundle.of_kind(kind, group):
            yield from _of_predictors(context, monitor, field)


def _of_predictors(context: Context, monitor: Resource, field: str) -> Violations:
    """A name of a port that no container of the selected InferenceServices has."""
    chosen = monitor.get("spec", "selector")
    endpoints = [(i, text(one.get("port"))) for i, one in maps(monitor.get("spec", field))]
    if not any(as_dict(chosen).values()) or monitor.get("spec", "namespaceSelector"):
        return
    if not any(name for _, name in endpoints):
        return
    wanted, seen = selector(chosen), network(context)
    near = seen.labelled.candidates(monitor.namespace or "default", wanted)
    pods = [pod for pod in near if wanted.matches(pod.labels, pod.complete) is not False]
    if not pods or not all(map(_has_known_ports, pods)):
        return
    known = {name for pod in pods for _, name in pod.ports}
    for i, name in endpoints:
        if name and plain(name) and not name.isdecimal() and name not in known:
            yield violation(
                _unknown(name, known),
                Place(monitor, ("spec", field, i, "port")),
            )


def _has_known_ports(pod: Pod) -> bool:
    """Whether the Pods are those of an InferenceService without Knative, with all their ports."""
    alone = pod.labels.get("app", "").startswith("isvc.") and pod.ports_known
    return pod.role in PARTS and alone and not any(word in pod.spec for word in _ADDED)


def _wrong(target: Target) -> str:
    if target.port is None:  # monitor-selects-nothing reports ports that a Service does not have
        return ""
    if isinstance(target.port, str):
        known = {name for p in target.pods for name, _ in p.ports() if name}
        unknown = target.port not in known and plain(target.port)
        return _unknown(target.port, known) if unknown else ""
    ports = [listened(p) for p in target.pods]
    if not all(ports) or any(target.port in numbers for numbers in ports):
        return ""
    offered = ", ".join(str(n) for n in sorted(set().union(*ports)))
    return f"no container of the Pods listens on port {target.port}; they listen on {offered}"


def _unknown(name: str, known: Iterable[str]) -> str:
    names = ", ".join(sorted(known))
    they = f"their ports are called {names}" if names else "none of their ports has a name"
    return f"no port of the Pods is called {name}; {they}"
