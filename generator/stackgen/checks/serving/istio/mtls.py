"""Which Pods of the input accept only mutual TLS of Istio."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Pods, chain
from stackgen.checks.serving.mesh import SECURITY, have_sidecar, in_ambient, past_proxy
from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.resource import Resource

_ROOT = "istio-system"  # the default of meshConfig.rootNamespace
# The agent and the proxy serve these themselves, in plain text: health, merged and own metrics.
_OF_SIDECAR = frozenset({15020, 15021, 15090})
_SOME = 2  # of the Pods behind a Service; more say the same


def strict(context: Context, pods: Pods, port: int | None) -> Resource | None:
    """The PeerAuthentication by which Pods accept only mutual TLS at a port; None if not known.

    The most specific one counts: of the Pods, of their namespace, of the mesh.
    """
    if port in _OF_SIDECAR or not (have_sidecar(context, pods) or in_ambient(context, pods)):
        return None
    if port is None or past_proxy(context, pods, port):
        return None
    known = context.once(_Modes)
    space = pods.owner.namespace
    for found in (known.of_pods.get(id(pods), []), known.of_space.get(space, []), known.of_mesh):
        if len(found) > 1:
            return None  # the oldest counts
        for one in found:
            own = as_dict(one.get("spec", "portLevelMtls"))
            given = as_dict(own.get(str(port), own.get(port)))  # type: ignore[call-overload]
            mode = text(given.get("mode")) or text(one.get("spec", "mtls", "mode"))
            if mode not in ("", "UNSET"):
                return one if mode == "STRICT" else None
    return None


class _Modes:
    """The PeerAuthentications of the input, by what they are for. of_pods: by the id of `Pods`."""

    def __init__(self, context: Context) -> None:
        self.of_pods: dict[int, list[Resource]] = {}
        self.of_space: dict[str, list[Resource]] = {}
        self.of_mesh: list[Resource] = []
        links = chain(context)
        for one in context.bundle.of_kind("PeerAuthentication", SECURITY):
            labels = as_dict(one.get("spec", "selector", "matchLabels"))
            for pods in links.selected(one.namespace, labels) if labels else ():
                self.of_pods.setdefault(id(pods), []).append(one)
            if not labels:
                self.of_space.setdefault(one.namespace, []).append(one)
        self.of_mesh = self.of_space.get(_ROOT, [])


def behind(context: Context, service: ApiObject, port: object) -> list[tuple[Pods, int | None]]:
    """Some Pods behind a port of a Service, by number or name, each with its own port."""
    ports = context.once(_Ports).of(service)
    entry = ports.get(port)
    chosen = as_dict(service.get("spec", "selector"))
    if entry is None or not chosen:
        return []
    target = entry.get("targetPort", entry.get("port"))
    found = []
    for pods in chain(context).selected(service.namespace, chosen)[:_SOME]:
        named = dict(pods.ports()).get(target) if isinstance(target, str) else target
        found.append((pods, named if isinstance(named, int) else None))
    return found


class _Ports:
    """The ports of Services, by number and by name, each read once."""

    def __init__(self, context: Context) -> None:
        self._found: dict[int, dict[Any, dict[str, Any]]] = {}

    def of(self, service: ApiObject) -> dict[Any, dict[str, Any]]:
        if id(service) not in self._found:
            entries = [entry for _, entry in maps(service.get("spec", "ports"))]
            self._found[id(service)] = found = {text(e.get("name")): e for e in entries}
            found.update({e["port"]: e for e in entries if isinstance(e.get("port"), int)})
        return self._found[id(service)]
