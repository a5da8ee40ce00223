"""A Certificate without the name by which its server is called."""

from __future__ import annotations

from fnmatch import fnmatchcase

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API
from stackgen.facts.shape import as_list, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

GROUP = "cert-manager.io"
_INJECT = "cert-manager.io/inject-ca-from"
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
                if not any(_covers(one, host) for one in known):
                    yield from _named(known[0], host, place, "clients call the listener as")


def _named(certificate: Resource, name: str, place: Place, who: str) -> Violations:
    if not _covers(certificate, name):
        yield violation(
            f"Certificate {certificate.name} has no name {name}; {who} {name}",
            Place(certificate, ("spec", "dnsNames")),
            place,
        )


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
