"""A VirtualService that sends requests to a subset which no DestinationRule has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.spelling import did_you_mean

_GROUP = "networking.istio.io"


def check(context: Context) -> Violations:
    """One finding for each destination whose host has a DestinationRule in the input."""
    subsets: dict[str, set[str]] = {}
    for to_host in context.bundle.of_kind("DestinationRule", _GROUP):
        host = _host(text(to_host.get("spec", "host")), to_host.namespace)
        names = {text(one.get("name")) for _, one in maps(to_host.get("spec", "subsets"))}
        subsets.setdefault(host, set()).update(names)
    for service in context.bundle.of_kind("VirtualService", _GROUP) if subsets else ():
        for protocol in ("http", "tls", "tcp"):
            for i, rule in maps(service.get("spec", protocol)):
                for j, route in maps(rule.get("route")):
                    to = as_dict(route.get("destination"))
                    known = subsets.get(_host(text(to.get("host")), service.namespace))
                    name = text(to.get("subset"))
                    if name and known is not None and name not in known:
                        where = ("spec", protocol, i, "route", j, "destination", "subset")
                        yield violation(
                            f"no DestinationRule of {to.get('host')} has a subset {name}"
                            f"{did_you_mean(name, sorted(known))}",
                            Place(service, where),
                        )


def _host(name: str, namespace: str) -> str:
    """The full name of a host; a short one is in the namespace of the object."""
    return f"{name}.{namespace or 'default'}.svc.cluster.local" if "." not in name else name
