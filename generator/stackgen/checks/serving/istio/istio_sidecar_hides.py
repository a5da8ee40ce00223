"""A Sidecar that does not list a Service which its Pods call."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.checks.serving.istio.istiod import istiods
from stackgen.checks.serving.istio.mtls import behind, strict
from stackgen.checks.serving.mesh import NETWORKING, injects, namespaces
from stackgen.facts.config_values import addresses_of_configs
from stackgen.facts.service_addresses import addresses_of
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_ROOT = "istio-system"
_CLOSED = "REGISTRY_ONLY"
_TRAFFIC = "traffic.sidecar.istio.io/"  # ports and ranges that pass the sidecar


def check(context: Context) -> Violations:
    """One finding for each workload and Service."""
    sidecars = [x for x in context.bundle.of_kind("Sidecar", NETWORKING) if _hosts(x)]
    spaces = namespaces(context)
    for space, here in chain(context).pods.items() if sidecars else ():
        if not injects(spaces.get(space, {})):
            continue
        for pods in here:
            sidecar = _of_pods(context, pods)
            if sidecar is None or not _hosts(sidecar) or not _is_through(pods):
                continue
            told: set[tuple[str, str]] = set()
            for name, other, port in _called(context, space, pods):
                if (name, other) in told or _sees(sidecar, name, other):
                    continue
                told.add((name, other))
                why = _refused(context, sidecar, name, other, port)
                if why:
                    yield violation(
                        f"{pods.owner.kind} {pods.owner.name} has the address of Service {name} in "
                        f"namespace {other}, which Sidecar {sidecar.name} does not list, and {why}",
                        Place(sidecar, ("spec", "egress")),
                        pods.owner.place("metadata", "name", note="the Pods"),
                    )


def _hosts(sidecar: Resource) -> list[str]:
    """What all listeners list; empty where one says nothing, or what is filled in."""
    found = [as_list(one.get("hosts")) for _, one in maps(sidecar.get("spec", "egress"))]
    names = [text(host) for hosts in found for host in hosts]
    return names if all(found) and all(map(plain, names)) else []


def _of_pods(context: Context, pods: Pods) -> Resource | None:
    """The Sidecar that counts: of the Pods, of their namespace, of the mesh."""
    found: dict[int, list[Resource]] = {}
    for one in context.bundle.of_kind("Sidecar", NETWORKING):
        chosen = as_dict(one.get("spec", "workloadSelector", "labels"))
        if one.namespace == pods.owner.namespace and chosen:
            if chosen.items() <= pods.labels.items():
                found.setdefault(0, []).append(one)
        elif one.namespace in (pods.owner.namespace, _ROOT) and not chosen:
            found.setdefault(1 if one.namespace == pods.owner.namespace else 2, []).append(one)
    first = found[min(found)] if found else []
    return first[0] if len(first) == 1 else None


def _is_through(pods: Pods) -> bool:
    """Whether the sidecar takes all connections of the Pods."""
    own = pods.labels.get("sidecar.istio.io/inject") != "false"
    return own and not any(str(key).startswith(_TRAFFIC) for key in pods.annotations)


def _called(context: Context, space: str, pods: Pods) -> Iterator[tuple[str, str, int]]:
    """The Services whose addresses the Pods have: name, namespace and port."""
    named = (*addresses_of(pods.spec), *addresses_of_configs(context.bundle, space, pods.spec))
    for one in named:
        other = one.namespace or space
        known = chain(context).find("Service", other, one.name, "") is not None
        if one.port and (known or (one.certain and one.namespace)):
            yield one.name, other, one.port


def _sees(sidecar: Resource, name: str, space: str) -> bool:
    """Whether one of the hosts, NAMESPACE/HOST, is that of the Service."""
    host = f"{name}.{space}.svc.cluster.local"
    for one in _hosts(sidecar):
        where, _, pattern = one.partition("/")
        where = sidecar.namespace if where == "." else where
        if where in ("*", space) and fnmatchcase(host, pattern or "*"):
            return True
    return False


def _refused(context: Context, sidecar: Resource, name: str, space: str, port: int) -> str:
    """Why a connection that the sidecar does not know fails; empty if it may work."""
    own = text(as_dict(sidecar.get("spec", "outboundTrafficPolicy")).get("mode"))
    meshes = istiods(context)
    modes = {text(as_dict(one.mesh.get("outboundTrafficPolicy")).get("mode")) for one in meshes}
    if own == _CLOSED or (not own and modes == {_CLOSED}):
        return f"outboundTrafficPolicy is {_CLOSED}"
    service = chain(context).find("Service", space, name, "")
    for pods, number in behind(context, service, port) if service is not None else ():
        if strict(context, pods, number) is not None:
            return f"{pods.owner.kind} {pods.owner.name} accepts only mutual TLS"
    return ""
