"""A policy of Istio for Pods without a proxy, or for a port that does not pass it."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.composed import is_composed
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, Pods, chain
from stackgen.checks.serving.mesh import (
    SECURITY,
    ports_without_proxy,
    runs_proxy,
    without_proxy,
)
from stackgen.facts.chart_values import installs
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_KINDS = ("AuthorizationPolicy", "RequestAuthentication", "PeerAuthentication")
_ROOT = "istio-system"
_INJECT = "sidecar.istio.io/inject"


def check(context: Context) -> Violations:
    """One finding for each policy whose Pods are known."""
    links = chain(context)
    if context.once(_everywhere):
        return
    for kind in _KINDS:
        for policy in context.bundle.of_kind(kind, SECURITY):
            labels = as_dict(policy.get("spec", "selector", "matchLabels"))
            pods = links.selected(policy.namespace, labels) if labels else []
            if not pods or policy.namespace == _ROOT or policy.get("spec", "targetRefs"):
                continue
            if kind == "PeerAuthentication" and policy.get("spec", "mtls", "mode") != "STRICT":
                continue
            if all(_is_out(context, one) for one in pods):
                yield violation(
                    f"{_shown(pods[0])} has no sidecar, so that {kind} {policy.name} has no effect",
                    Place(policy, ("spec", "selector")),
                    pods[0].owner.place("metadata", "name", note="the Pods"),
                )
            elif kind == "AuthorizationPolicy":
                yield from _of_ports(links, policy, pods[0])


def _is_out(context: Context, pods: Pods) -> bool:
    """Whether the Pods have no proxy; labels of a namespace may be those of an overlay."""
    if runs_proxy(pods) or pods.owner.service is not None or not without_proxy(context, pods):
        return False
    spaces = context.bundle.of_kind("Namespace", "")
    space = next((one for one in spaces if one.name == pods.owner.namespace), None)
    return pods.labels.get(_INJECT) == "false" or (
        space is not None and not is_composed(context, space)
    )


def _of_ports(links: Chain, policy: Resource, pods: Pods) -> Violations:
    """Ports that an annotation takes out of the mesh, where the policy judges nothing else."""
    left_out = ports_without_proxy(pods)
    served = set(map(str, _served(links, pods))) if left_out else set()
    rules = [rule for _, rule in maps(policy.get("spec", "rules"))]
    named: set[str] = set()
    for rule in rules:
        for _, entry in maps(rule.get("to")):
            named |= set(map(str, as_list(at(entry, "operation", "ports"))))
    wanted = named or served
    if not wanted or not (wanted <= left_out or "*" in left_out):
        return
    yield violation(
        f"port {', '.join(sorted(wanted))} of {_shown(pods)} does not pass the sidecar "
        f"(excludeInboundPorts), so that AuthorizationPolicy {policy.name} does not judge its "
        "requests",
        Place(policy, ("spec", "selector")),
        pods.owner.place("metadata", "name", note="the Pods"),
    )


def _served(links: Chain, pods: Pods) -> Iterator[int]:
    """The ports of the Pods that Services lead to."""
    names = dict(pods.ports())
    for service in links.of("Service", ""):
        chosen = as_dict(service.get("spec", "selector"))
        if service.namespace != pods.owner.namespace or not chosen:
            continue
        if not chosen.items() <= pods.labels.items():
            continue
        for _, entry in maps(service.get("spec", "ports")):
            target = entry.get("targetPort", entry.get("port"))
            number = names.get(target) if isinstance(target, str) else target
            if isinstance(number, int):
                yield number


def _shown(pods: Pods) -> str:
    return f"{pods.owner.kind} {pods.owner.name}"


def _everywhere(context: Context) -> bool:
    """Whether namespaces may get sidecars without a label in the input."""
    path: Path = ("sidecarInjectorWebhook", "enableNamespacesByDefault")
    made = (x for x in context.bundle.outside if x.kind == "Command" and x.name == "label")
    values = (at(one.values, *path) for one in installs(context.bundle))
    return any(value for value in values) or any("istio" in text(repr(x.data)) for x in made)
