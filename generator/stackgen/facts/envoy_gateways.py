"""The configurations of Envoy Gateway in the input: a file of a ConfigMap, or values of its chart.

Source: Envoy Gateway v1.6, EnvoyGateway API reference and the chart gateway-helm, as of 2026-12-01.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.facts.chart_sources import chart_values
from stackgen.facts.shape import as_dict, at, plain, text
from stackgen.findings.model import Place
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.record import record

_CHART = "gateway-helm"
_KEY = "envoy-gateway.yaml"
_VALUES = ("config", "envoyGateway")


@record
class EnvoyGateway:
    """One configuration. by: what has it. namespace: of the controller; "" if it is not known."""

    by: Resource
    place: Place
    config: Mapping[str, Any]
    namespace: str

    @property
    def has_all_proxies(self) -> bool:
        """Whether the proxies of all Gateways are in the namespace of the controller."""
        deploy = at(self.config, "provider", "kubernetes", "deploy", "type")
        return bool(self.namespace) and plain(self.namespace) and deploy != "GatewayNamespace"


def envoy_gateways(bundle: Bundle) -> tuple[EnvoyGateway, ...]:
    """The configurations of which all is known."""
    return bundle.once(_envoy_gateways)


def _envoy_gateways(bundle: Bundle) -> tuple[EnvoyGateway, ...]:
    return (*_files(bundle), *_charts(bundle))


def _files(bundle: Bundle) -> Iterator[EnvoyGateway]:
    for one in bundle.of_kind("ConfigMap", ""):
        content = as_dict(one.get("data")).get(_KEY)
        for document in parse(text(content), _KEY, learning=False) if content else ():
            if at(document.data, "kind") == "EnvoyGateway":
                place = Place(one, ("data", _KEY))
                yield EnvoyGateway(one, place, as_dict(document.data), one.namespace)


def _charts(bundle: Bundle) -> Iterator[EnvoyGateway]:
    given = [one for one in chart_values(bundle) if one.chart.rpartition("/")[2] == _CHART]
    for one in given:
        alone = sum(other.by is one.by for other in given) == 1
        if alone and one.whole and not one.problem:
            config = at(one.values, *_VALUES)
            place = (
                one.place(_VALUES) if config is not None else Place(one.by, ("metadata", "name"))
            )
            yield EnvoyGateway(one.by, place, as_dict(config), _space(one.by))


def _space(by: Resource) -> str:
    """The namespace to which a release of the chart is installed."""
    target = text(by.get("spec", "targetNamespace")) or text(
        by.get("spec", "destination", "namespace")
    )
    return target or (by.namespace if by.kind == "HelmRelease" else "")
