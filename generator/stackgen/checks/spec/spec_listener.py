"""A listener that the gateway could not open, or a certificate that no issuer could issue."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path


def check(context: SpecContext) -> Violations:
    """Listeners one by one, then those that share a port."""
    ports: dict[int, tuple[str, Any, Path]] = {}
    taken = [listener.get("port") for _, listener in context.items("gateway", "listeners")]
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
        if not isinstance(port, int) or not isinstance(protocol, str):
            continue
        first = ports.setdefault(port, (protocol, listener.get("hostname"), path))
        if first[2] == path:
            continue
        if first[0] != protocol:
            around = context.spec["gateway"]["listeners"][first[2][-1]]
            remedy = _apart(port, {first[0]: around.get("name"), protocol: name}, taken)
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


def _apart(port: int, names: dict[str, Any], taken: list[Any]) -> str:
    """Which listener to move to which port. names: of the two, by protocol."""
    moved = "HTTP" if port in _PORTS["HTTPS"] else "HTTPS"
    if moved not in names:  # a protocol that is not allowed
        return ""
    free = next(p for p in (*_PORTS[moved], 0) if p not in taken)
    to = f"`port: {free}`" if free else "another `port`"
    return f"Set {to} on listener {names[moved]}, or remove one of the two."


_PORTS = {"HTTP": (80, 8080), "HTTPS": (443, 8443)}
