"""A listener that the gateway could not open, or a certificate that no issuer could issue."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path


def check(context: SpecContext) -> Violations:
    """Listeners one by one, then those that share a port."""
    ports: dict[int, tuple[str, Any, Path]] = {}
    for path, listener in context.items("gateway", "listeners"):
        name, protocol = listener.get("name"), listener.get("protocol", "HTTP")
        tls = listener.get("tls")
        tls = tls if isinstance(tls, dict) else {}
        secret, issuer = tls.get("secret"), tls.get("issuer")
        if protocol != "HTTPS":
            if secret is not None or issuer is not None:
                yield violation(
                    f"listener {name} sets tls, but its protocol is {protocol}",
                    context.place(*path, "tls", key=True),
                    remedy=f"Set `protocol: HTTPS` on listener {name}, or remove `tls`.",
                )
        elif secret is not None and issuer is not None:
            yield violation(
                f"listener {name} sets both tls.secret {secret} and tls.issuer {issuer}",
                context.place(*path, "tls", key=True),
                remedy="Remove `tls.secret` or `tls.issuer`.",
            )
        elif secret is None and listener.get("hostname") is None:
            yield violation(
                f"HTTPS listener {name} has no hostname for its certificate",
                context.place(*path, "protocol"),
                remedy=f"Set `hostname` on listener {name}, such as llm.example.com. The "
                "certificate is issued for it. With an existing certificate, set `tls.secret`.",
            )
        port = listener.get("port")
        if not isinstance(port, int):
            continue
        first = ports.setdefault(port, (protocol, listener.get("hostname"), path))
        if first[2] == path:
            continue
        if first[0] != protocol:
            remedy = (
                f"Set `port` of the HTTP listener to {_other_port(port)}, or remove the listener."
            )
            why = (
                f"listener {name} uses {protocol} on port {port}, another listener uses {first[0]}"
            )
        elif first[1] == listener.get("hostname"):
            why = f"listener {name} has the port {port} and the hostname of another listener"
            remedy = f"Change `hostname` or `port` of listener {name}, or remove the listener."
        else:
            continue
        yield violation(
            why, context.place(*path, "port"),
            context.place(*first[2], "port", note="the first one"), remedy=remedy,
        )  # fmt: skip


def _other_port(port: int) -> int:
    """A port for plain HTTP beside an HTTPS listener on `port`."""
    return 80 if port != 80 else 8080
