"""A Gateway of Istio whose certificate is in another namespace than its Pods."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, chain
from stackgen.checks.serving.provided import provided
from stackgen.facts.istio_gateways import istio_gateways
from stackgen.facts.shape import as_dict, matches, plain
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_CREDENTIAL = ("spec", "servers", "*", "tls", "credentialName")
# The labels and the namespace of the gateway in the default profile of Istio.
_DEFAULT, _ITS_NAMESPACE = {"istio": "ingressgateway"}, "istio-system"
_OF_GATEWAYS = regex(r"istio|ingress|gateway|mesh")


def check(context: Context) -> Violations:
    """One finding for each Secret that only the namespace of the Gateway has."""
    links, known = chain(context), provided(context)
    for gateway in context.bundle.of_kind("Gateway", "networking.istio.io"):
        spaces = sorted({*_namespaces(links, gateway), *_of_charts(context, gateway)})
        for path, name in matches(gateway.data, _CREDENTIAL):
            if not isinstance(name, str) or not plain(name) or "/" in name or not spaces:
                continue
            there = [known.has("Secret", space, name) for space in spaces]
            elsewhere = known.only_space("Secret", name)
            if not any(there) and known.has("Secret", gateway.namespace, name):
                elsewhere = gateway.namespace
            if not any(there) and elsewhere:
                yield violation(
                    f"Secret {name} is in namespace {elsewhere}; the Pods that Gateway "
                    f"{gateway.name} selects are in {', '.join(spaces)}",
                    Place(gateway, path),
                )


def _of_charts(context: Context, gateway: Resource) -> Iterator[str]:
    labels = as_dict(gateway.get("spec", "selector"))
    for made in istio_gateways(context.bundle) or ():
        if labels and labels.items() <= dict(made.labels).items():
            yield made.namespace


def _namespaces(links: Chain, gateway: Resource) -> Iterator[str]:
    """Where the Pods of a Gateway are: those of the input, or else those of the default profile."""
    labels = as_dict(gateway.get("spec", "selector"))
    found = {
        pods.owner.namespace for pods, sure in links.everywhere({"matchLabels": labels}) if sure
    }
    if labels and found:
        yield from found
    elif labels == _DEFAULT and not _OF_GATEWAYS.search(gateway.namespace):
        yield _ITS_NAMESPACE
