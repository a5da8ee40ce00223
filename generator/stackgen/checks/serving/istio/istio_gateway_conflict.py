"""Two Gateways of Istio that serve one host at one port of the same gateway Pods."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.mesh import NETWORKING
from stackgen.checks.serving.settled import applied_together
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.record import record

_Key = tuple[frozenset[tuple[str, str]], int, str]


@record
class _Server:
    """A server of a Gateway. index: among its servers."""

    gateway: Resource
    index: int


def check(context: Context) -> Violations:
    """One finding for each Gateway whose TLS server another one hides."""
    seen: dict[_Key, _Server] = {}
    for gateway in context.bundle.of_kind("Gateway", NETWORKING):
        chosen = frozenset(
            (k, text(v)) for k, v in as_dict(gateway.get("spec", "selector")).items()
        )
        told = False
        for i, server in maps(gateway.get("spec", "servers")):
            port, tls = as_dict(server.get("port")).get("number"), as_dict(server.get("tls"))
            for host in map(text, as_list(server.get("hosts"))) if tls.get("mode") else ():
                if not isinstance(port, int) or not chosen or not plain(host):
                    continue
                other = seen.setdefault((chosen, port, host), _Server(gateway, i))
                if told or other.gateway is gateway or not _together(context, gateway, other):
                    continue
                told = True
                name = visible(host.rpartition("/")[2])
                yield violation(
                    f"Gateway {other.gateway.name} serves {name} at port {port} of the same "
                    "gateway Pods",
                    Place(gateway, ("spec", "servers", i, "hosts")),
                    Place(
                        other.gateway, ("spec", "servers", other.index, "hosts"), note="the other"
                    ),
                )


def _together(context: Context, one: Resource, other: _Server) -> bool:
    """Whether both are applied: samples in folders beside each other are not."""
    if (one.namespace, one.name) == (other.gateway.namespace, other.gateway.name):
        return False
    return applied_together(context, one, other.gateway)
