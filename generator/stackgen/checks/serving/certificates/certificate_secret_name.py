"""A listener that names another Secret than the Certificate for its host makes."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.certificates.certificate_names import GROUP
from stackgen.checks.serving.chain import GATEWAY_API
from stackgen.checks.serving.provided import provided
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record

_ISSUERS = ("cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme")


@record
class _Listener:
    """What serves hosts with the certificate of a Secret of a namespace."""

    by: Resource
    path: Path
    namespace: str
    secret: str
    hosts: tuple[str, ...]


def check(context: Context) -> Violations:
    """One finding for each listener."""
    certificates = list(context.bundle.of_kind("Certificate", GROUP))
    listeners = list(_listeners(context)) if certificates else []
    used = {(one.namespace, one.secret) for one in listeners}
    known = provided(context)
    by_name: dict[tuple[str, str], list[Resource]] = {}
    for certificate in certificates:
        if (certificate.namespace, text(certificate.get("spec", "secretName"))) not in used:
            for name in {text(x) for x in as_list(certificate.get("spec", "dnsNames"))}:
                by_name.setdefault((certificate.namespace, name), []).append(certificate)
    for one in listeners:
        if (
            not one.secret
            or not plain(one.secret)
            or known.has("Secret", one.namespace, one.secret)
        ):
            continue
        first = one.hosts[0] if one.hosts else ""
        for name in (first, f"*.{first.partition('.')[2]}"):
            found = by_name.get((one.namespace, name), ())
            made_by = next((x for x in found if _covers(x, one.hosts)), None)
            if made_by is not None:
                made = text(made_by.get("spec", "secretName"))
                yield violation(
                    f"nothing makes Secret {visible(one.secret)}; Certificate {made_by.name} "
                    f"for {visible(one.hosts[0])} makes Secret {visible(made)}",
                    Place(one.by, one.path),
                    Place(made_by, ("spec", "secretName")),
                )
                break


def _covers(certificate: Resource, hosts: tuple[str, ...]) -> bool:
    """Whether the Certificate has each of the hosts, or a wildcard of it."""
    names = {text(one) for one in as_list(certificate.get("spec", "dnsNames"))}
    return bool(hosts) and all(
        host in names or f"*.{host.partition('.')[2]}" in names for host in hosts
    )


def _listeners(context: Context) -> Iterator[_Listener]:
    for gateway in context.bundle.of_kind("Gateway", "networking.istio.io"):
        for i, server in maps(gateway.get("spec", "servers")):
            hosts = tuple(text(host).rpartition("/")[2] for host in as_list(server.get("hosts")))
            name = text(at(server, "tls", "credentialName"))
            path: Path = ("spec", "servers", i, "tls", "credentialName")
            yield _Listener(gateway, path, gateway.namespace, name, hosts)
    for gateway in context.bundle.of_kind("Gateway", GATEWAY_API):
        for i, listener in maps(gateway.get("spec", "listeners")):
            hosts = (text(listener.get("hostname")),) if listener.get("hostname") else ()
            for j, ref in maps(at(listener, "tls", "certificateRefs")):
                space = text(ref.get("namespace")) or gateway.namespace
                path = ("spec", "listeners", i, "tls", "certificateRefs", j, "name")
                if not _shimmed(gateway):
                    yield _Listener(gateway, path, space, text(ref.get("name")), hosts)
    for ingress in context.bundle.of_kind("Ingress", "networking.k8s.io"):
        for i, tls in maps(ingress.get("spec", "tls")):
            hosts = tuple(text(host) for host in as_list(tls.get("hosts")))
            path = ("spec", "tls", i, "secretName")
            if not _shimmed(ingress):
                yield _Listener(
                    ingress, path, ingress.namespace, text(tls.get("secretName")), hosts
                )


def _shimmed(resource: Resource) -> bool:
    """Whether cert-manager makes the Certificates of the object itself."""
    notes = as_dict(resource.metadata.get("annotations"))
    return any(name in notes for name in _ISSUERS)
