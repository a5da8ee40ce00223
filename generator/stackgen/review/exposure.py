"""What opens an entrance to the outside: load balancers, ingresses, gateways, listeners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.review.model import Consequence
from stackgen.review.risks import consequence
from stackgen.wording import few

_PORT = regex(r" \d+(?= for |\Z)")  # in the name of a listener
# GKE reads either spelling; the second is the older one.
_INTERNAL = ("networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type")


def exposure(old: Resource | None, new: Resource | None) -> Iterator[Consequence]:
    """What can be reached from outside now and could not before."""
    if new is None:
        return
    before = _entrances(old) if old is not None else {}
    after = _entrances(new)
    shut = [n for n in after if before.get(n) == "external" and after[n] == "internal"]
    if shut:
        yield consequence("closed-off", what=f"{few(shut)}: becomes internal")
    # A listener that goes to another port is as open as it was.
    gone = {_PORT.sub("", name): where for name, where in before.items() if name not in after}
    added = [
        name for name, where in after.items()
        if name not in before and gone.get(_PORT.sub("", name)) != where
    ]  # fmt: skip
    outside = [n for n in added if after[n] == "external"]
    inside = [n for n in added if after[n] == "internal"]
    turned = [n for n in after if before.get(n) == "internal" and after[n] == "external"]
    if turned:
        what = f"{few(turned)}: was internal, and gets an address on the internet"
        yield consequence("exposed", what=what)
    elif outside:
        yield consequence("exposed", what=f"{few(outside)}: open to the internet")
    elif inside:
        yield consequence("exposed", what=f"{few(inside)}: open to the VPC")


def internal_gateways(objects: Iterable[Resource]) -> bool:
    """Whether there are Gateways, and each has an address of the VPC alone."""
    ways = [_entrances(r) for r in objects if r.kind == "Gateway"]
    return bool(ways) and all(set(found.values()) <= {"internal"} for found in ways)


def _entrances(resource: Resource) -> dict[str, str]:
    """The ways in that an object makes, and whether they are external or internal."""
    spec = resource.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    if (resource.group, resource.kind) == ("gateway.networking.k8s.io", "Gateway"):
        marks = resource.get("spec", "infrastructure", "annotations")
        where = "internal" if _internal(marks) or _internal_class(spec) else "external"
        listeners = spec.get("listeners")
        return {
            _listener(one): where
            for one in (listeners if isinstance(listeners, list) else ())
            if isinstance(one, dict)
        }
    if (resource.group, resource.kind) == ("", "Service"):
        kind = spec.get("type")
        if kind == "LoadBalancer":
            marks = resource.metadata.get("annotations")
            return {"the Service": "internal" if _internal(marks) else "external"}
        if kind == "NodePort":
            return {"a port of every node": "internal"}
    if (resource.group, resource.kind) == ("networking.k8s.io", "Ingress"):
        marks = resource.metadata.get("annotations")
        name = spec.get("ingressClassName") or (marks or {}).get("kubernetes.io/ingress.class")
        return {"the Ingress": "internal" if name == "gce-internal" else "external"}
    return {}


def _listener(one: dict[str, Any]) -> str:
    host = f" for {one['hostname']}" if one.get("hostname") else ""
    return f"listener {one.get('name')} on {one.get('protocol')} {one.get('port')}{host}"


def _internal(marks: Any) -> bool:
    if not isinstance(marks, dict):
        return False
    return any(str(marks.get(key)).lower() == "internal" for key in _INTERNAL)


def _internal_class(spec: dict[str, Any]) -> bool:
    """GKE's own internal classes: gke-l7-rilb, gke-l7-cross-regional-internal-managed-mc."""
    name = str(spec.get("gatewayClassName") or "")
    return name.startswith("gke-") and ("rilb" in name or "internal" in name)
