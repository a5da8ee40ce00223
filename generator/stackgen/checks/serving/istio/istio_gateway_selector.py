"""A Gateway of Istio that selects no gateway, or names a port that its Service does not have."""

from __future__ import annotations

from collections.abc import Iterable

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, chain
from stackgen.checks.serving.mesh import NETWORKING
from stackgen.escape import visible
from stackgen.facts.istio_gateways import IstioGateway, istio_gateways
from stackgen.facts.shape import as_dict, maps, plain
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

# What installs gateways whose labels are not known here.
_OPERATORS = (("IstioOperator", "install.istio.io"), ("Istio", "sailoperator.io"))


def check(context: Context) -> Violations:
    """One finding for each Gateway, where the input installs gateways by charts that are known."""
    gateways = istio_gateways(context.bundle)
    if not gateways or any(any(context.bundle.of_kind(*one)) for one in _OPERATORS):
        return
    links = chain(context)
    for one in context.bundle.of_kind("Gateway", NETWORKING):
        wanted = {key: str(value) for key, value in as_dict(one.get("spec", "selector")).items()}
        if not wanted or not all(map(plain, wanted.values())) or _shown(links, wanted):
            continue
        chosen = [x for x in gateways if wanted.items() <= dict(x.labels).items()]
        if chosen:
            yield from _ports(one, chosen)
            continue
        key = next(iter(wanted))
        has = sorted({x.labels[key] for x in gateways if key in x.labels})
        offered = f", and {gateways[0].shown} installs {key}: {', '.join(has)}" if has else ""
        yield violation(
            f"no gateway of the input has {key}: {visible(wanted[key])}{offered}",
            Place(one, ("spec", "selector", key)),
            gateways[0].place,
        )


def _shown(links: Chain, wanted: dict[str, str]) -> bool:
    """Whether Pods of the input may have the labels."""
    return any(True for _ in links.everywhere({"matchLabels": wanted}))


def _ports(one: Resource, chosen: Iterable[IstioGateway]) -> Violations:
    known = {port for gateway in chosen for port in gateway.ports}
    for i, server in maps(one.get("spec", "servers")):
        port = as_dict(server.get("port")).get("number")
        if isinstance(port, int) and port not in known:
            yield violation(
                f"the Service of {next(iter(chosen)).shown} has no port {port}; it has "
                f"{', '.join(map(str, sorted(known)))}",
                Place(one, ("spec", "servers", i, "port", "number")),
            )
