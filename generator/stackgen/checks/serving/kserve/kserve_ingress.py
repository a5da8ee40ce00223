"""Where KServe's controller leads requests from, by its chart or its ConfigMap."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.kserve.serving_ingress_config import NAME
from stackgen.facts.chart_values import installs
from stackgen.facts.shape import as_dict, at, text
from stackgen.findings.model import Place
from stackgen.record import record

_CHARTS = frozenset({"kserve", "kserve-resources"})
_VALUES = ("kserve", "controller", "gateway")
_TEMPLATE = "{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}"


@record
class KServeIngress:
    """Where routes go. gateway: namespace and name, with a slash between them."""

    domain: str
    gateway: str
    template: str
    place: Place


def kserve_ingresses(context: Context) -> list[KServeIngress]:
    """The settings of every installation that makes routes of the Gateway API."""
    return [*_of_charts(context), *_of_config_maps(context)]


def _of_charts(context: Context) -> Iterator[KServeIngress]:
    for install in installs(context.bundle):
        values = as_dict(at(install.values, *_VALUES))
        own = as_dict(values.get("ingressGateway"))
        if install.chart.chart not in _CHARTS or not own.get("enableGatewayApi"):
            continue
        if values.get("disableIngressCreation") is True:
            continue
        yield KServeIngress(
            text(values.get("domain")),
            text(own.get("kserveGateway")),
            text(values.get("domainTemplate")) or _TEMPLATE,
            install.place(*_VALUES, "domain"),
        )


def _of_config_maps(context: Context) -> Iterator[KServeIngress]:
    for config in context.bundle.of_kind("ConfigMap", ""):
        given = config.get("data", "ingress") if config.name == NAME else None
        found = _parsed(given)
        if (
            found.get("enableGatewayApi") is True
            and found.get("disableIngressCreation") is not True
        ):
            yield KServeIngress(
                text(found.get("ingressDomain")),
                text(found.get("kserveIngressGateway")),
                text(found.get("domainTemplate")) or _TEMPLATE,
                Place(config, ("data", "ingress")),
            )


def _parsed(given: object) -> Mapping[str, Any]:
    """The JSON of the ConfigMap; serving-ingress-config speaks of what is none."""
    try:
        return as_dict(json.loads(given)) if isinstance(given, str) else {}
    except ValueError:
        return {}
