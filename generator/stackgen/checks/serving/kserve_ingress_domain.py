"""The domain of KServe's routes, which no listener of its Gateway serves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain
from stackgen.checks.serving.serving_ingress_config import NAME
from stackgen.escape import visible
from stackgen.facts.chart_values import installs
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.record import record

_CHARTS = frozenset({"kserve", "kserve-resources"})
_VALUES = ("kserve", "controller", "gateway")
_TEMPLATE = "{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}"


@record
class _Ingress:
    """Where routes go. gateway: namespace and name, with a slash between them."""

    domain: str
    gateway: str
    template: str
    place: Place


def check(context: Context) -> Violations:
    """One finding for each configuration whose Gateway has a hostname for every listener."""
    for one in (*_of_charts(context), *_of_config_maps(context)):
        space, _, name = one.gateway.partition("/")
        found = chain(context).find("Gateway", space, name, GATEWAY_API)
        if found is None or not plain(one.domain) or not one.domain:
            continue
        hosts = [text(x.get("hostname")) for _, x in maps(found.get("spec", "listeners"))]
        ends = one.template.replace(" ", "").endswith(".{{.IngressDomain}}")
        if not hosts or not all(hosts) or not all(map(plain, hosts)) or not ends:
            continue
        if not any(_serves(host, one.domain) for host in hosts):
            yield violation(
                f"KServe makes routes for hosts below {visible(one.domain)}, and the listeners of "
                f"Gateway {name} serve {', '.join(map(visible, sorted(set(hosts))))}",
                one.place,
                found.place("spec", "listeners", key=True, note="the Gateway"),
            )


def _serves(host: str, domain: str) -> bool:
    """Whether a listener serves a host below the domain; a wildcard stands for several labels."""
    suffix = host.removeprefix("*.")
    below = host.endswith(f".{domain}") and not host.startswith("*.")
    return (
        below
        or (host != suffix and f".{domain}".endswith(f".{suffix}"))
        or (host != suffix and suffix.endswith(f".{domain}"))
    )


def _of_charts(context: Context) -> Iterator[_Ingress]:
    for install in installs(context.bundle):
        values = as_dict(at(install.values, *_VALUES))
        own = as_dict(values.get("ingressGateway"))
        if install.chart.chart not in _CHARTS or not own.get("enableGatewayApi"):
            continue
        if values.get("disableIngressCreation") is True:
            continue
        yield _Ingress(
            text(values.get("domain")),
            text(own.get("kserveGateway")),
            text(values.get("domainTemplate")) or _TEMPLATE,
            install.place(*_VALUES, "domain"),
        )


def _of_config_maps(context: Context) -> Iterator[_Ingress]:
    for config in context.bundle.of_kind("ConfigMap", ""):
        given = config.get("data", "ingress") if config.name == NAME else None
        found = _parsed(given)
        if (
            found.get("enableGatewayApi") is True
            and found.get("disableIngressCreation") is not True
        ):
            yield _Ingress(
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
