"""A name of a Certificate for which its ACME issuer has no solver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.composed import is_completed
from stackgen.checks.context import Context
from stackgen.checks.serving.certificates.certificate_names import GROUP
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_NOTES = {"Issuer": "cert-manager.io/issuer", "ClusterIssuer": "cert-manager.io/cluster-issuer"}
# What something else fills in.
_OPEN = ("$", "{{", "<")


def check(context: Context) -> Violations:
    """One finding for each Certificate."""
    issuers: dict[tuple[str, str, str], list[Resource]] = {}
    whole = context.bundle.part_of or context.bundle
    for kind in ("Issuer", "ClusterIssuer"):
        bundle = context.bundle if kind == "Issuer" else whole
        for one in bundle.of_kind(kind, GROUP):
            space = one.namespace if kind == "Issuer" else ""
            issuers.setdefault((kind, space, one.name), []).append(one)
    yield from _of_gateways(context, issuers)
    for certificate in context.bundle.of_kind("Certificate", GROUP) if issuers else ():
        ref = as_dict(certificate.get("spec", "issuerRef"))
        kind = text(ref.get("kind")) or "Issuer"
        space = certificate.namespace if kind == "Issuer" else ""
        named = issuers.get((kind, space, text(ref.get("name"))), [])
        if len(named) > 1 and is_completed(context, certificate):
            continue  # each cluster has its own issuer of the name, and its own names
        found = [next(_unsolved(certificate, _solvers(one)), None) for one in named]
        if found and all(found) and found[0] is not None:
            i, why = found[0]
            yield violation(
                f"{kind} {named[0].name} {why}",
                Place(certificate, ("spec", "dnsNames", i)),
                Place(named[0], ("spec", "acme", "solvers"), key=True),
            )


def _of_gateways(
    context: Context, issuers: dict[tuple[str, str, str], list[Resource]]
) -> Violations:
    """The wildcard hostnames of listeners for which cert-manager makes a Certificate."""
    for gateway in context.bundle.of_kind("Gateway", "gateway.networking.k8s.io"):
        notes = as_dict(gateway.metadata.get("annotations"))
        for kind, note in _NOTES.items():
            space = gateway.namespace if kind == "Issuer" else ""
            named = issuers.get((kind, space, text(notes.get(note))), [])
            if len(named) != 1 or not _solvers(named[0]):
                continue
            for i, listener in maps(gateway.get("spec", "listeners")):
                host = text(listener.get("hostname"))
                wild = host.startswith("*.") and listener.get("protocol") in ("HTTPS", "TLS")
                if wild and not any("dns01" in solver for solver in _solvers(named[0])):
                    yield violation(
                        f"{kind} {named[0].name} has no dns01 solver, which the wildcard name "
                        f"{visible(host)} needs",
                        Place(gateway, ("spec", "listeners", i, "hostname")),
                        Place(named[0], ("spec", "acme", "solvers"), key=True),
                    )


def _solvers(issuer: Resource) -> list[dict[str, Any]]:
    return [one for _, one in maps(issuer.get("spec", "acme", "solvers"))]


def _unsolved(certificate: Resource, solvers: list[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    labels = as_dict(certificate.metadata.get("labels"))
    if not solvers:
        return
    for i, one in enumerate(as_list(certificate.get("spec", "dnsNames"))):
        name = text(one)
        wild = name.startswith("*.")
        able = [solver for solver in solvers if not wild or "dns01" in solver]
        if not able:
            yield i, f"has no dns01 solver, which the wildcard name {visible(name)} needs"
        elif not any(_takes(as_dict(solver.get("selector")), name, labels) for solver in able):
            yield i, f"has no solver whose selector takes {visible(name)}"


def _takes(selector: Mapping[str, Any], name: str, labels: Mapping[str, Any]) -> bool:
    """Whether a solver may take the name; true where that is not known."""
    wanted = as_dict(selector.get("matchLabels"))
    if any(labels.get(key) != value for key, value in wanted.items()):
        return any(mark in repr(wanted) for mark in _OPEN)
    names = [text(one) for one in as_list(selector.get("dnsNames"))]
    zones = [text(one).strip(".") for one in as_list(selector.get("dnsZones"))]
    if not names and not zones:
        return True
    if any(mark in one for one in (name, *names, *zones) for mark in _OPEN):
        return True
    bare = name.removeprefix("*.")
    return name in names or any(bare == zone or bare.endswith(f".{zone}") for zone in zones)
