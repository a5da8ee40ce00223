"""Gateways that the chart `gateway` of Istio installs, as far as the input says what it gives it.

Source: the templates of the chart at 1.24 to 1.28, as of 2026-11-30.
"""

from __future__ import annotations

from collections.abc import Mapping

from stackgen.facts.chart_pools import release_of
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.object_references import plain_name
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place
from stackgen.manifest.resource import Bundle
from stackgen.record import record

_PORTS = (15021, 80, 443)


@record
class IstioGateway:
    """The Pods and the Service of one gateway.

    labels: of the Pods. account: their ServiceAccount. ports: of the Service.
    """

    install: Install
    name: str
    namespace: str
    labels: Mapping[str, str]
    account: str
    ports: tuple[int, ...]

    @property
    def shown(self) -> str:
        """What messages call it."""
        by = self.install.parts[0].by
        return f"{by.kind} {by.name}"

    @property
    def place(self) -> Place:
        """The place of what installs it."""
        return Place(self.install.parts[0].by, ("metadata", "name"), note="the gateway")


def istio_gateways(bundle: Bundle) -> tuple[IstioGateway, ...] | None:
    """The gateways of the input, found once; None if one of them is not known."""
    return bundle.once(_istio_gateways)


def _istio_gateways(bundle: Bundle) -> tuple[IstioGateway, ...] | None:
    found = []
    for install in installs(bundle):
        if install.chart.chart != "gateway":
            continue
        values = install.values
        name = text(values.get("name")) or release_of(install)
        own = {key: str(value) for key, value in as_dict(values.get("labels")).items()}
        labels = {"app": name, "istio": name.removeprefix("istio-")} | own
        known = install.complete and plain_name(name) and plain(install.namespace)
        if not known or not install.namespace or not all(map(plain, labels.values())):
            return None
        account = as_dict(values.get("serviceAccount"))
        created = account.get("create") is not False
        ports = at(values, "service", "ports")
        numbers = tuple(
            port["port"] for _, port in maps(ports) if isinstance(port.get("port"), int)
        )
        found.append(
            IstioGateway(
                install,
                name,
                install.namespace,
                labels,
                text(account.get("name")) or (name if created else "default"),
                numbers if ports is not None else _PORTS,
            )
        )
    return tuple(found)
