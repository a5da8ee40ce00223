"""What manifests say of the gateway: listeners, certificates, and who may call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from stackgen.adopt.access import access
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.registry import predictions
from stackgen.render.endpoint_picker import POOLS

_CERTIFICATES = "cert-manager.io"
# What a spec needs, and a stack without a Gateway does not use.
UNUSED = {"exposure": "internal", "listeners": [{"name": "http", "port": 80}]}


def gateway(
    bundle: Bundle, project: str, models: Sequence[str], assumed: list[str]
) -> dict[str, Any]:
    """`spec.gateway` of the first Gateway; what no object says is appended to `assumed`.

    project: of the cluster. models: the names of all of them.
    """
    gateway = next(iter(bundle.of_kind("Gateway", "gateway.networking.k8s.io")), None)
    if gateway is None:
        return _elsewhere(bundle, assumed)
    if by_google(bundle) and not any(bundle.of_kind("InferencePool", POOLS)):
        # A stack has pools behind such a class, and endpoint pickers. This one has none.
        assumed.append(f"Gateway {gateway.name}: stays as it is; it has no InferencePool")
        return {"objects": "none", **UNUSED}
    made: dict[str, Any] = {"name": gateway.name}
    if gateway.namespace:
        made["namespace"] = gateway.namespace
    kind = gateway.get("spec", "gatewayClassName")
    if kind == "envoy":
        made["class"] = kind
    if kind in ("gke-l7-regional-external-managed", "gke-l7-rilb"):
        made["class"] = kind
        assumed.append("spec.gateway.proxyOnlySubnet")
        made["proxyOnlySubnet"] = "10.129.0.0/23"
    made["exposure"] = "internal" if _internal(gateway) else "external"
    made["listeners"] = list(_listeners(bundle, gateway))
    if acme := _acme(bundle, made["listeners"], project):
        made["acme"] = acme
    return made | access(bundle, gateway, models, assumed)


def by_google(bundle: Bundle) -> bool:
    """Whether a load balancer of Google Cloud is the gateway."""
    gateways = bundle.of_kind("Gateway", "gateway.networking.k8s.io")
    return any(str(one.get("spec", "gatewayClassName")).startswith("gke-") for one in gateways)


def _elsewhere(bundle: Bundle, assumed: list[str]) -> dict[str, Any]:
    """The gateway of a stack that renders none: to which routes lead, if there are any."""
    for parent, space in _parents(bundle):
        made: dict[str, Any] = {"objects": "routes", "name": parent["name"]}
        if space := parent.get("namespace") or space:
            made["namespace"] = space
        google = any(r.group == "networking.gke.io" for r in bundle.objects if "targetRef" in
                     as_dict(r.get("spec")))  # fmt: skip
        if google:
            made |= {"class": "gke-l7-rilb", "proxyOnlySubnet": "10.129.0.0/23"}
        assumed.append("spec.gateway: class, exposure and listeners of a Gateway of others")
        return {**made, **UNUSED}
    return {"objects": "none", **UNUSED}


def _parents(bundle: Bundle) -> Iterator[tuple[dict[str, Any], str]]:
    """The Gateways that routes and services name, each with the namespace of who names it."""
    for route in bundle.of_kind("HTTPRoute", "gateway.networking.k8s.io"):
        yield from ((p, route.namespace) for _, p in maps(route.get("spec", "parentRefs")))
    services = [key for one in predictions().values() for key in one.services]
    for service in (one for group, kind in services for one in bundle.of_kind(kind, group)):
        refs = maps(service.get("spec", "router", "gateway", "refs"))
        yield from ((ref, service.namespace) for _, ref in refs if isinstance(ref.get("name"), str))


def _internal(gateway: Resource) -> bool:
    marks = (
        gateway.get("spec", "infrastructure", "annotations"),
        gateway.get("metadata", "annotations"),
    )
    words = (str(value).lower() for m in marks for value in as_dict(m).values())
    return gateway.get("spec", "gatewayClassName") == "gke-l7-rilb" or "internal" in set(words)


def _listeners(bundle: Bundle, gateway: Resource) -> Iterator[dict[str, Any]]:
    listeners = [one for _, one in maps(gateway.get("spec", "listeners"))]
    secure = any(one.get("protocol") == "HTTPS" for one in listeners)
    for listener in listeners:
        made: dict[str, Any] = {k: listener[k] for k in ("name", "port") if k in listener}
        if listener.get("protocol") == "HTTPS":
            made["protocol"] = "HTTPS"
            references = as_list(as_dict(listener.get("tls")).get("certificateRefs"))
            names = [as_dict(r).get("name") for r in references]
            if names and isinstance(names[0], str):
                usual = f"{gateway.name}-{listener.get('name')}"
                issued = _issued(bundle, gateway, usual) if names[0] == usual else None
                made |= {"tls": {"secret": names[0]}} if issued is None else issued
        if isinstance(listener.get("hostname"), str):
            made["hostname"] = listener["hostname"]
        attached = as_dict(as_dict(listener.get("allowedRoutes")).get("namespaces")).get("from")
        # A listener that redirects to HTTPS serves the Gateway's own route alone.
        redirects = secure and attached == "Same" and listener.get("protocol") == "HTTP"
        if attached in ("All", "Same") and not redirects:
            made["allowedRoutes"] = attached
        yield made


def _issued(bundle: Bundle, gateway: Resource, secret: str) -> dict[str, Any] | None:
    """What the spec says of a certificate from a ClusterIssuer; None when it is from elsewhere."""
    for certificate in bundle.of_kind("Certificate", _CERTIFICATES):
        here = certificate.namespace in ("", gateway.namespace)
        if here and certificate.get("spec", "secretName") == secret:
            issuer = as_dict(certificate.get("spec", "issuerRef"))
            name = issuer.get("name")
            if issuer.get("kind") != "ClusterIssuer" or not isinstance(name, str):
                return None
            return {} if _signs_itself(bundle, name) else {"tls": {"issuer": name}}
    return None


def _signs_itself(bundle: Bundle, name: str) -> bool:
    """Whether a ClusterIssuer signs with a CA that the manifests make."""
    for issuer in _issuers(bundle):
        secret = issuer.get("spec", "ca", "secretName")
        if issuer.name == name and isinstance(secret, str):
            made = bundle.of_kind("Certificate", _CERTIFICATES)
            return any(c.get("spec", "secretName") == secret for c in made)
    return False


def _issuers(bundle: Bundle) -> Iterable[Resource]:
    return bundle.of_kind("ClusterIssuer", _CERTIFICATES)


def _acme(bundle: Bundle, listeners: list[dict[str, Any]], project: str) -> dict[str, Any]:
    """The ACME issuer of the listeners, where its challenges are records of Cloud DNS.

    project: of the cluster.
    """
    used = {as_dict(one.get("tls")).get("issuer") for one in listeners}
    for issuer in _issuers(bundle):
        acme = as_dict(issuer.get("spec", "acme"))
        solvers = [as_dict(as_dict(s).get("dns01")) for s in as_list(acme.get("solvers"))]
        zones = [as_dict(s["cloudDNS"]) for s in solvers if "cloudDNS" in s]
        if issuer.name in used and isinstance(acme.get("email"), str) and zones:
            made = {"email": acme["email"], "issuer": issuer.name}
            if isinstance(acme.get("server"), str):
                made["server"] = acme["server"]
            if zones[0].get("project") != project and isinstance(zones[0].get("project"), str):
                made["dnsProject"] = zones[0]["project"]
            return made
    return {}
