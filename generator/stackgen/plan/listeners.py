"""What follows from the Gateway's listeners: which serve models, which only redirect, and whose
certificates they show.
"""

from __future__ import annotations

from collections.abc import Sequence

from stackgen.origin import Traced, all_of, computed, picked
from stackgen.spec.gateway import Listener
from stackgen.spec.model import Spec


def encrypted(listener: Listener) -> Traced[bool]:
    """Whether the listener speaks TLS."""
    return listener.protocol.map("is HTTPS", "a choice of the spec", lambda v: v == "HTTPS")


def redirects(listener: Listener, every: Sequence[Listener]) -> Traced[bool]:
    """Whether the listener only sends clients on to HTTPS: it is HTTP, and another one is not."""
    return computed(
        "only redirects", "HTTP beside HTTPS",
        lambda mine, *all_of_them: "HTTPS" in all_of_them and mine != "HTTPS",
        listener.protocol, *(one.protocol for one in every),
    )  # fmt: skip


def front(every: Sequence[Listener]) -> Listener:
    """The listener that clients are meant to use: the first that serves models."""
    return next(one for one in every if not redirects(one, every).value)


def front_port(every: Sequence[Listener]) -> Traced[int]:
    """The port of the listener that clients are meant to use."""
    return picked(
        "port for clients", "of the first listener that serves models", front(every).port,
        *(one.protocol for one in every),
    )  # fmt: skip


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


def foreign_issuers(every: Sequence[Listener]) -> Traced[bool]:
    """Whether an issuer of the user's signs any certificate. It may be of ACME, with HTTP-01."""
    named = [
        computed(
            "signed by your issuer", "a choice of the spec",
            lambda asks, own: asks and not own, own_certificate(one), own_ca(one),
        )
        for one in every
    ]  # fmt: skip
    return computed("any issuer of yours", "", any, named)


def trusts_own_ca(spec: Spec) -> Traced[bool]:
    """Whether the smoke test needs the stack's own CA to verify the gateway."""
    listener = front(spec.gateway.listeners)
    return all_of(spec.observe.smokeTest, own_ca(listener))
