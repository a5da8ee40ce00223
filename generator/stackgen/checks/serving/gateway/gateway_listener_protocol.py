"""A listener whose protocol no Gateway knows, or that lacks the certificate for it."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.spelling import did_you_mean

_KNOWN = ("HTTP", "HTTPS", "TLS", "TCP", "UDP")
# Istio's waypoints have one of their own.
_OTHERS = ("HBONE",)
# Their controllers find certificates by the hostname, or in a policy.
_OF_CLOUDS = ("gke-", "aws-", "amazon-")
_CERTMAP = "networking.gke.io/certmap"


def check(context: Context) -> Violations:
    """One finding for each listener of a Gateway or ListenerSet."""
    for kind in ("Gateway", "ListenerSet"):
        for gateway in context.bundle.of_kind(kind, "gateway.networking.k8s.io"):
            for i, listener in maps(gateway.get("spec", "listeners")):
                protocol = text(listener.get("protocol"))
                name = visible(text(listener.get("name")))
                place = Place(gateway, ("spec", "listeners", i, "protocol"))
                # Others are named with a domain, or are filled in later.
                if protocol.isalnum() and protocol not in (*_KNOWN, *_OTHERS):
                    hint = did_you_mean(protocol.upper(), _KNOWN)
                    yield violation(f"listener {name} has the protocol {protocol}{hint}", place)
                elif protocol == "HTTPS" and not as_dict(listener.get("tls")):
                    elsewhere = _CERTMAP in as_dict(gateway.metadata.get("annotations"))
                    chosen = text(at(gateway.data, "spec", "gatewayClassName"))
                    if not elsewhere and not chosen.startswith(_OF_CLOUDS):
                        yield violation(
                            f"listener {name} has the protocol HTTPS but no tls",
                            place,
                            severity=Severity.WARNING,
                        )
