"""Addresses, certificate maps and policies of Google Cloud that the input makes.

Terraform, gcloud and Config Connector make them; objects of Kubernetes name them.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain, chain
from stackgen.checks.serving.gateway_routes import gateways_of
from stackgen.checks.serving.ingress.ingresses import backend_config_of, class_of, services_behind
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place
from stackgen.manifest.resource import Resource
from stackgen.record import record

_GROUP = ".cnrm.cloud.google.com"
ADDRESS, MAP = "ComputeAddress", "CertificateManagerCertificateMap"
ARMOR, SSL = "ComputeSecurityPolicy", "ComputeSSLPolicy"
WORDS = {
    ADDRESS: "static address", MAP: "certificate map", ARMOR: "Cloud Armor policy",
    SSL: "SSL policy",
}  # fmt: skip
GLOBAL, REGIONAL = "global", "regional"
_IP = "kubernetes.io/ingress.global-static-ip-name"
_REGIONAL_IP = "kubernetes.io/ingress.regional-static-ip-name"
_CERTMAP = "networking.gke.io/certmap"


@record
class GoogleObject:
    """One object of Google Cloud. scope: GLOBAL or REGIONAL."""

    kind: str
    name: str
    scope: str
    resource: Resource


@record
class Named:
    """What names an object, for a load balancer of which scope, and what messages call that."""

    kind: str
    name: str
    scope: str
    user: str
    place: Place


def google_objects(context: Context) -> tuple[GoogleObject, ...]:
    """The objects whose names are known, found once."""
    return context.once(_google_objects)


def _google_objects(context: Context) -> tuple[GoogleObject, ...]:
    found = []
    for one in (*context.bundle.objects, *context.bundle.outside):
        if one.kind not in WORDS or not one.group.endswith(_GROUP):
            continue
        name = text(one.get("spec", "name")) or text(one.get("spec", "resourceID")) or one.name
        place = text(one.get("spec", "region")) or text(one.get("spec", "location"))
        of_region = "_region_" in one.name or one.name.startswith("google_compute_address.")
        regional = of_region or place not in ("", GLOBAL)
        if plain(name):
            found.append(GoogleObject(one.kind, name, REGIONAL if regional else GLOBAL, one))
    return tuple(found)


def named(context: Context) -> Iterator[Named]:
    """Every place of the input that names such an object."""
    links = chain(context)
    yield from _by_gateways(links)
    yield from _by_ingresses(links)
    yield from _by_policies(links)


def scope_of(gateway: ApiObject) -> str:
    """The scope of the load balancer of a Gateway; "" if it is not one of GKE."""
    name = text(gateway.get("spec", "gatewayClassName"))
    if not name.startswith("gke-l7") or name.endswith("-mc"):
        return ""
    return REGIONAL if "regional" in name or "rilb" in name else GLOBAL


def _by_gateways(links: Chain) -> Iterator[Named]:
    for gateway in links.of("Gateway", "gateway.networking.k8s.io"):
        scope, user = scope_of(gateway), f"Gateway {gateway.name}"
        for i, one in maps(gateway.get("spec", "addresses")) if scope else ():
            if one.get("type") == "NamedAddress":
                place = gateway.place("spec", "addresses", i, "value")
                yield Named(ADDRESS, text(one.get("value")), scope, user, place)
        given = gateway.get("metadata", "annotations", _CERTMAP)
        if scope and isinstance(given, str):
            place = gateway.place("metadata", "annotations", _CERTMAP)
            yield Named(MAP, given, GLOBAL, user, place)
    for policy in links.of("GCPGatewayPolicy", "networking.gke.io"):
        target = text(policy.get("spec", "targetRef", "name"))
        found = links.find("Gateway", policy.namespace, target, "gateway.networking.k8s.io")
        scope = scope_of(found) if found is not None else ""
        if scope and found is not None:
            place = policy.place("spec", "default", "sslPolicy")
            name = text(policy.get("spec", "default", "sslPolicy"))
            yield Named(SSL, name, scope, f"Gateway {found.name}", place)


def _by_ingresses(links: Chain) -> Iterator[Named]:
    for ingress in links.of("Ingress", "networking.k8s.io"):
        notes = as_dict(ingress.get("metadata", "annotations"))
        scope = {"gce": GLOBAL, "gce-internal": REGIONAL}.get(class_of(ingress), "")
        user = f"Ingress {ingress.name}"
        for key, of in ((_IP, GLOBAL), (_REGIONAL_IP, REGIONAL)):
            if scope == of and isinstance(notes.get(key), str):
                place = ingress.place("metadata", "annotations", key)
                yield Named(ADDRESS, notes[key], of, user, place)
        for _, service in services_behind(links, ingress) if scope else ():
            config = backend_config_of(service)
            found = links.find("BackendConfig", service.namespace, config) if config else None
            name = found.get("spec", "securityPolicy", "name") if found is not None else None
            if found is not None and isinstance(name, str):
                place = found.place("spec", "securityPolicy", "name")
                yield Named(ARMOR, name, scope, user, place)


def _by_policies(links: Chain) -> Iterator[Named]:
    """Policies of backends: the scope is that of the Gateways that route to the backend."""
    users: dict[tuple[str, str, str], list[ApiObject]] = {}
    policies = [
        one
        for one in links.of("GCPBackendPolicy", "networking.gke.io")
        if text(one.get("spec", "default", "securityPolicy"))
    ]
    for route in links.routes if policies else ():
        gateways = [one for one in gateways_of(links, route) if scope_of(one)]
        for _, backend in links.backends(route) if gateways else ():
            space = text(backend.get("namespace")) or route.namespace
            kind = text(backend.get("kind")) or "Service"
            users.setdefault((space, kind, text(backend.get("name"))), []).extend(gateways)
    for policy in policies:
        target = as_dict(policy.get("spec", "targetRef"))
        key = (policy.namespace, text(target.get("kind")), text(target.get("name")))
        scopes = {scope_of(one) for one in users.get(key, ())}
        if len(scopes) == 1:
            yield Named(
                ARMOR,
                text(policy.get("spec", "default", "securityPolicy")),
                scopes.pop(),
                f"Gateway {users[key][0].name}",
                policy.place("spec", "default", "securityPolicy"),
            )
