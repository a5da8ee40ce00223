"""What follows from the Gateway's listeners: which serve models, which only redirect, and whose
certificates they show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackgen.origin import Traced, all_of, computed, given_or, is_value, picked, text
from stackgen.plan.access import by_ai_route
from stackgen.spec.gateway import Acme, Gateway, Listener
from stackgen.spec.model import Spec
from stackgen.spec.serving import Model

if TYPE_CHECKING:
    from stackgen.plan.model import Plan


def encrypted(listener: Listener) -> Traced[bool]:
    """Whether the listener speaks TLS."""
    return is_value(listener.protocol, "HTTPS")


def redirects(listener: Listener, every: Sequence[Listener]) -> Traced[bool]:
    """Whether the listener only sends clients on to HTTPS: it is HTTP, and another one is not."""
    return computed(
        "only redirects", "HTTP beside HTTPS",
        lambda mine, *all_of_them: "HTTPS" in all_of_them and mine != "HTTPS",
        listener.protocol, *(one.protocol for one in every),
    )  # fmt: skip


def serving_listeners(gateway: Gateway) -> list[tuple[Listener, Traced[bool]]]:
    """The listeners, each with whether models are served there: redirects need no credentials."""
    every = gateway.listeners
    return [
        (one, redirects(one, every).map("serves", "it does not redirect", lambda r: not r))
        for one in every
    ]


def front(every: Sequence[Listener]) -> Listener:
    """The listener that clients are meant to use: the first that serves models."""
    return next(one for one in every if not redirects(one, every).value)


def front_port(every: Sequence[Listener]) -> Traced[int]:
    """The port of the listener that clients are meant to use."""
    return picked(
        "port for clients", "of the first listener that serves models", front(every).port,
        *(one.protocol for one in every),
    )  # fmt: skip


def pod_port(plan: Plan, port: Traced[int]) -> Traced[int]:
    """The port of the proxies behind a listener: Envoy Gateway binds none below 1024."""
    shift = plan.release.optional("envoy", "privileged_shift")
    if shift is None:
        return port
    return computed(
        "port of the proxies", "Envoy Gateway adds a constant to privileged ports",
        lambda port, envoy, more: port + more if envoy and port < 1024 else port,
        port, is_value(plan.stack.spec.gateway.class_, "envoy"), shift,
    )  # fmt: skip


def service_host(plan: Plan) -> Traced[str]:
    """The name of the proxies' Service in the cluster: NAME.NAMESPACE."""
    gateway = plan.stack.spec.gateway
    return computed(
        "Service of the gateway", "as its controller calls it",
        lambda kind, name, space: f"{name}{'-istio' if kind == 'istio' else ''}.{space}",
        gateway.class_, gateway.name, gateway.namespace,
    )  # fmt: skip


def route_path(spec: Spec, model: Model) -> Traced[str]:
    """The path of a model's API at the gateway, without `/v1`."""
    usual = text("/{}/{}", spec.serving.namespace, model.name)
    return given_or(model.route.path, usual)


def base_url(spec: Spec, model: Model, host: str = "") -> str:
    """The address of a model's API, without `/v1`. host: instead of the listener's name.

    Envoy AI Gateway finds the model by the name in the request, and has one address for all.
    """
    one = front(spec.gateway.listeners)
    scheme = "https" if encrypted(one).value else "http"
    name = host or str(one.hostname.value or "ADDRESS")
    path = "" if by_ai_route(spec).value else route_path(spec, model).value.rstrip("/")
    return f"{scheme}://{name}:{one.port.value}{path}"


def own_certificate(listener: Listener) -> Traced[bool]:
    """Whether the stack asks cert-manager for the listener's certificate."""
    return computed(
        "asks for a certificate", "no Secret is named",
        lambda protocol, secret: protocol == "HTTPS" and secret is None,
        listener.protocol, listener.tls.secret,
    )  # fmt: skip


def own_ca(listener: Listener) -> Traced[bool]:
    """Whether the stack's own CA signs the listener's certificate."""
    asks = own_certificate(listener)
    # Without a certificate of its own no issuer is looked at.
    inputs = (asks, listener.tls.issuer) if asks.value else (asks,)
    return computed(
        "signed by the own CA", "no issuer is named",
        lambda asks, issuer=None: asks and issuer is None, *inputs,
    )  # fmt: skip


def foreign_issuers(gateway: Gateway) -> Traced[bool]:
    """Whether an issuer of the user's signs any certificate. It may be of ACME, with HTTP-01."""
    named = [_foreign(one, gateway.acme) for one in gateway.listeners]
    return computed("any issuer of yours", "", any, named)


def _foreign(listener: Listener, acme: Acme) -> Traced[bool]:
    asks, own = own_certificate(listener), own_ca(listener)
    name, email = listener.tls.issuer, acme.email
    named = name.value == acme.issuer.value
    # What alone would not change the answer is no input: the name where no issuer is rendered, and
    # the e-mail address where the issuer has another name.
    inputs: tuple[Traced[Any], ...] = (asks, own)
    if asks.value and not own.value:
        inputs += (email,) if named else ()
        inputs += (name, acme.issuer) if email.value is not None else ()
    ours = named and email.value is not None
    return computed(
        "signed by your issuer", "the stack's own ClusterIssuer has DNS-01 challenges",
        lambda asks, own, *_: asks and not own and not ours, *inputs,
    )  # fmt: skip


def trusts_own_ca(spec: Spec) -> Traced[bool]:
    """Whether the smoke test needs the stack's own CA to verify the gateway."""
    listener = front(spec.gateway.listeners)
    return all_of(spec.observe.smokeTest, own_ca(listener))
