"""The Gateway's listeners, their certificates, and the redirect from HTTP to HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.origin import Traced, When, all_of, computed, given_or, is_set, reasoned, text
from stackgen.plan.listeners import encrypted, front_port, own_certificate, redirects
from stackgen.plan.model import Plan
from stackgen.platforms.registry import rendering_of
from stackgen.render.gateway_class import rendered
from stackgen.render.objects import Rendered, Scope, obj
from stackgen.spec.gateway import Listener

FOLDER = "3-gateway"
REDIRECT_ONLY = "gateway/redirect-only", "a route of a model here would answer in clear text"
MODELS_ONLY = "gateway/allowed-routes", "the namespaces whose routes the spec lets attach"


def _scope(plan: Plan) -> Scope:
    return Scope(plan, FOLDER, plan.stack.spec.gateway.namespace, rendered(plan))


def listeners(plan: Plan) -> list[dict[str, Any]]:
    """The listeners; routes of models may attach to all that do not merely redirect."""
    return [_listener(plan, one) for one in plan.stack.spec.gateway.listeners]


def _listener(plan: Plan, listener: Listener) -> dict[str, Any]:
    return {
        "name": listener.name,
        "port": listener.port,
        "protocol": listener.protocol,
        "hostname": When(is_set(listener.hostname), listener.hostname),
        "tls": When(
            encrypted(listener),
            {
                "mode": "Terminate",
                "certificateRefs": [{"kind": "Secret", "name": certificate_secret(plan, listener)}],
            },
        ),
        "allowedRoutes": {"namespaces": _attached(plan, listener)},
    }


def _attached(plan: Plan, listener: Listener) -> Traced[Any]:
    """The namespaces whose routes may attach: of a listener that only redirects its own."""
    models = {"matchLabels": {"kubernetes.io/metadata.name": plan.stack.spec.serving.namespace}}
    sent = redirects(listener, plan.stack.spec.gateway.listeners)

    def chosen(redirects: bool, given: str = "") -> tuple[dict[str, Any], str, str]:
        if redirects:
            return {"from": "Same"}, *REDIRECT_ONLY
        more = {"selector": models} if given == "Selector" else {}
        return {"from": given, **more}, *MODELS_ONLY

    # A listener that redirects asks nothing else.
    return reasoned(chosen, sent, *(() if sent.value else (listener.allowedRoutes,)))


def certificate_secret(plan: Plan, listener: Listener) -> Traced[str]:
    """The Secret that holds the listener's certificate."""
    gateway = plan.stack.spec.gateway.name
    return computed(
        "certificate", "a Secret of yours, or else the Certificate's",
        lambda given, gateway, name: given or f"{gateway}-{name}",
        listener.tls.secret, gateway, listener.name,
    )  # fmt: skip


def certificates(plan: Plan) -> Iterator[Rendered]:
    """A Certificate for every listener that names no Secret."""
    gateway = plan.stack.spec.gateway
    authority = rendering_of(plan).authority(plan)
    for listener in gateway.listeners:
        issuer: Traced[Any] = listener.tls.issuer
        if authority is not None:
            issuer = computed(
                "issuer", "yours, or else the stack's own CA", lambda given, own: given or own,
                issuer, authority.issuer,
            )  # fmt: skip
        spec = {
            "secretName": certificate_secret(plan, listener),
            "dnsNames": [listener.hostname],
            "usages": ["digital signature", "key encipherment", "server auth"],
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            "issuerRef": {"name": issuer, "kind": "ClusterIssuer", "group": "cert-manager.io"},
        }
        yield obj(
            _scope(plan), "cert-manager.io/v1", "Certificate",
            text("{}-{}", gateway.name, listener.name), {"spec": spec},
            when=all_of(rendered(plan), own_certificate(listener)), rule="gateway/certificate",
            why="what the listener shows to clients",
        )  # fmt: skip


def acme_issuer(plan: Plan) -> Rendered:
    """The ClusterIssuer of an ACME server. With DNS-01 it needs no way in from the internet."""
    acme = plan.stack.spec.gateway.acme
    project = given_or(acme.dnsProject, plan.stack.spec.cluster.project)
    spec = {
        "email": acme.email,
        "server": acme.server,
        "privateKeySecretRef": {"name": text("{}-account", acme.issuer)},
        "solvers": [{"dns01": {"cloudDNS": {"project": project}}}],
    }
    return obj(
        Scope(plan, FOLDER), "cert-manager.io/v1", "ClusterIssuer", acme.issuer,
        {"spec": {"acme": spec}}, when=is_set(acme.email), rule="gateway/acme-issuer",
        why="asks an ACME server for certificates that clients trust already",
    )  # fmt: skip


def redirect_route(plan: Plan) -> Rendered:
    """The route that sends requests from every HTTP listener to HTTPS."""
    gateway = plan.stack.spec.gateway
    sent = [(one, redirects(one, gateway.listeners)) for one in gateway.listeners]
    any_sent = computed("any redirect", "HTTP beside HTTPS", any, [on for _, on in sent])
    port = front_port(gateway.listeners)
    other = port.map("not 443", "443 goes without saying", lambda n: n != 443)
    spec = {
        "parentRefs": [
            When(on, {"name": gateway.name, "sectionName": one.name}) for one, on in sent
        ],
        "rules": [{"filters": [{
            "type": "RequestRedirect",
            "requestRedirect": {"scheme": "https", "port": When(other, port), "statusCode": 301},
        }]}],
    }  # fmt: skip
    return obj(
        _scope(plan), "gateway.networking.k8s.io/v1", "HTTPRoute",
        text("{}-redirect", gateway.name), {"spec": spec},
        when=all_of(rendered(plan), any_sent), rule="gateway/redirect",
        why="nothing is answered in clear text",
    )  # fmt: skip
