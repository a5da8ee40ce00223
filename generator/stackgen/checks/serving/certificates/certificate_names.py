"""A Certificate without the name by which its server is called."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API
from stackgen.facts.shape import as_list, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

GROUP = "cert-manager.io"
_INJECT = "cert-manager.io/inject-ca-from"
_MANAGED = "networking.gke.io/managed-certificates"
_SHARED = "ingress.gcp.kubernetes.io/pre-shared-cert"
_HOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def check(context: Context) -> Violations:
    """Webhooks whose CA comes from a Certificate, and listeners with the Secret of one."""
    certificates = list(context.bundle.of_kind("Certificate", GROUP))
    by_name = {f"{one.namespace}/{one.name}": one for one in certificates}
    by_secret = {(one.namespace, text(one.get("spec", "secretName"))): one for one in certificates}
    told: set[tuple[int, str]] = set()
    for kind in _HOOKS if certificates else ():
        for hooks in context.bundle.of_kind(kind, "admissionregistration.k8s.io"):
            found = by_name.get(text(at(hooks.metadata, "annotations", _INJECT)))
            for i, hook in maps(hooks.get("webhooks")):
                service = at(hook, "clientConfig", "service")
                name = f"{text(at(service, 'name'))}.{text(at(service, 'namespace'))}.svc"
                place = Place(hooks, ("webhooks", i, "clientConfig", "service"))
                if found is not None and service and (id(found), name) not in told:
                    told.add((id(found), name))
                    yield from _named(found, name, place, "the API server calls the webhook as")
    for gateway in context.bundle.of_kind("Gateway", GATEWAY_API) if certificates else ():
        for i, listener in maps(gateway.get("spec", "listeners")):
            host = text(listener.get("hostname"))
            refs = [ref for _, ref in maps(at(listener, "tls", "certificateRefs"))]
            of = [
                by_secret.get((text(r.get("namespace")) or gateway.namespace, text(r.get("name"))))
                for r in refs
            ]
            known = [one for one in of if one is not None]
            if host and known and len(known) == len(refs):
                place = Place(gateway, ("spec", "listeners", i, "hostname"))
                if not any(_serves(one, host) for one in known):
                    yield from _named(known[0], host, place, "clients call the listener as")
                elif host.startswith("*.") and not any(_covers(one, host) for one in known):
                    yield from _of_routes(context, gateway, listener, known)
    yield from _of_istio(context, certificates)
    yield from _of_ingresses(context)


def _of_routes(
    context: Context, gateway: Resource, listener: dict[str, Any], known: list[Resource]
) -> Violations:
    """Hostnames of routes to a listener for all names of a domain, of which it has certificates."""
    domain = text(listener.get("hostname"))[1:]
    for route in context.bundle.of_kind("HTTPRoute", GATEWAY_API):
        parents = [
            ref
            for _, ref in maps(route.get("spec", "parentRefs"))
            if ref.get("name") == gateway.name
            and (text(ref.get("namespace")) or route.namespace) == gateway.namespace
            and ref.get("sectionName") in (None, listener.get("name"))
        ]
        for i, host in enumerate(as_list(route.get("spec", "hostnames")) if parents else []):
            own = isinstance(host, str) and host.endswith(domain)
            if own and not any(_covers(one, host) for one in known):
                place = Place(route, ("spec", "hostnames", i))
                yield from _named(known[0], host, place, f"clients call HTTPRoute {route.name} as")


def _of_istio(context: Context, certificates: list[Resource]) -> Violations:
    """Servers of Istio's Gateways, whose Secret one Certificate of the input makes."""
    by_name: dict[str, list[Resource]] = {}
    for one in certificates:
        by_name.setdefault(text(one.get("spec", "secretName")), []).append(one)
    for gateway in context.bundle.of_kind("Gateway", "networking.istio.io"):
        for i, server in maps(gateway.get("spec", "servers")):
            found = by_name.get(text(at(server, "tls", "credentialName")), [])
            for j, named in enumerate(as_list(server.get("hosts")) if len(found) == 1 else []):
                host = text(named).rpartition("/")[2]
                if host and host != "*" and not _serves(found[0], host):
                    place = Place(gateway, ("spec", "servers", i, "hosts", j))
                    yield from _named(found[0], host, place, "clients call the server as")


def _of_ingresses(context: Context) -> Violations:
    """Hosts of Ingresses of GKE whose ManagedCertificates are all in the input."""
    made = {(x.namespace, x.name): x for x in context.bundle.of_kind("ManagedCertificate")}
    for ingress in context.bundle.of_kind("Ingress", "networking.k8s.io") if made else ():
        notes = ingress.metadata.get("annotations")
        names = [one.strip() for one in text(at(notes, _MANAGED)).split(",") if one.strip()]
        own = [made[ingress.namespace, x] for x in names if (ingress.namespace, x) in made]
        if not names or len(own) != len(names) or at(notes, _SHARED) or ingress.get("spec", "tls"):
            continue
        domains = {text(x) for one in own for x in as_list(one.get("spec", "domains"))}
        for i, rule in maps(ingress.get("spec", "rules")):
            host = text(rule.get("host"))
            known = host and plain(host) and "*" not in host and all(map(plain, domains))
            if known and host not in domains:
                yield violation(
                    f"ManagedCertificate {own[0].name} has no domain {host}; clients call Ingress "
                    f"{ingress.name} as {host}",
                    Place(own[0], ("spec", "domains")),
                    Place(ingress, ("spec", "rules", i, "host")),
                )


def _named(certificate: Resource, name: str, place: Place, who: str) -> Violations:
    if not _covers(certificate, name):
        yield violation(
            f"Certificate {certificate.name} has no name {name}; {who} {name}",
            Place(certificate, ("spec", "dnsNames")),
            place,
        )


def _serves(certificate: Resource, name: str) -> bool:
    """Whether it covers the name, or some names of the domain for which the name stands."""
    domain = name[1:] if name.startswith("*.") else ""
    names = [str(one) for one in as_list(certificate.get("spec", "dnsNames"))]
    return _covers(certificate, name) or (bool(domain) and any(n.endswith(domain) for n in names))


def _covers(certificate: Resource, name: str) -> bool:
    """Whether one of its names is the name; a star stands for one label."""
    names = [str(one) for one in as_list(certificate.get("spec", "dnsNames"))]
    names.append(text(certificate.get("spec", "commonName")))
    if any("$" in one or "{{" in one for one in (name, *names)):
        return True
    first, _, rest = name.partition(".")
    return any(
        name == one
        or (first != "*" and one == f"*.{rest}")
        or (fnmatchcase(name, one) and "*" not in one)
        for one in names
    )
