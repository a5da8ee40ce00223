"""What VirtualServices need: the gateways that a chart of Istio installs, to the Pods of routes."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.network.needs import Need, need
from stackgen.checks.network.routed_needs import Routed
from stackgen.checks.serving.mesh import NETWORKING, full_host
from stackgen.facts.istio_gateways import istio_gateways
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.model import Pod

_SUFFIX = ".svc.cluster.local"


def of_virtual_services(bundle: Bundle, routed: Routed) -> Iterator[Need]:
    """Each gateway of a chart to the destinations of its VirtualServices."""
    for route in bundle.of_kind("VirtualService", NETWORKING):
        gateways = _gateways(bundle, routed, route)
        for _, rule in maps(route.get("spec", "http")) if gateways else ():
            for _, to in maps(rule.get("route")):
                destination = as_dict(to.get("destination"))
                host = text(destination.get("host"))
                full = full_host(host, route.namespace) if plain(host) else ""
                name, _, space = full.removesuffix(_SUFFIX).partition(".")
                service = routed.service(space, name) if full.endswith(_SUFFIX) else None
                ports = list(maps(service.get("spec", "ports"))) if service is not None else []
                only = ports[0][1].get("port") if len(ports) == 1 else None
                number = at(destination, "port", "number") or only
                if service is None or number is None:
                    continue
                pods, numbers = routed.behind(service, number)
                for pod in pods:
                    for what, proxy in gateways:
                        yield need(pod, "ingress", (proxy,), numbers, what)


def _gateways(bundle: Bundle, routed: Routed, route: Resource) -> list[tuple[str, Pod]]:
    """The Pods of charts that the Gateways of a VirtualService select, each with its name."""
    found = []
    for named in as_list(route.get("spec", "gateways")):
        space, _, name = text(named).rpartition("/")
        gateway = routed.links.find("Gateway", space or route.namespace, name, NETWORKING)
        wanted = as_dict(gateway.get("spec", "selector")) if gateway is not None else {}
        for made in istio_gateways(bundle) or () if wanted else ():
            if wanted.items() <= dict(made.labels).items():
                proxy = Pod(made.namespace, made.name, labels=dict(made.labels), complete=False)
                found.append((f"gateway {made.namespace}/{made.name}", proxy))
    return found
