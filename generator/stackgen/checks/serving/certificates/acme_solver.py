"""HTTP-01 solvers of cert-manager whose Ingress no controller serves at the right address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain
from stackgen.checks.serving.ingress.ingresses import class_of
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.spelling import did_you_mean

_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
_EDIT, _ADDRESS = (
    "acme.cert-manager.io/http01-edit-in-place",
    "kubernetes.io/ingress.global-static-ip-name",
)
_ISSUERS = {"Issuer": "cert-manager.io/issuer", "ClusterIssuer": "cert-manager.io/cluster-issuer"}


def check(context: Context) -> Violations:
    """One finding for each solver, and for each Gateway whose issuer solves for Ingress only."""
    for kind, note in _ISSUERS.items():
        for issuer in context.bundle.of_kind(kind, "cert-manager.io"):
            solvers = list(_solvers(issuer))
            yield from _sections(context, issuer)
            for path, ingress in solvers:
                yield from _unserved(context, issuer, path, ingress)
            if solvers and len(solvers) == len(list(maps(_all(issuer)))):
                yield from _gateways(context, issuer, note)


def _all(issuer: Resource) -> Any:
    return issuer.get("spec", "acme", "solvers")


def _solvers(issuer: Resource) -> Iterator[tuple[Path, dict[str, Any]]]:
    for i, solver in maps(_all(issuer)):
        ingress = at(solver, "http01", "ingress")
        if isinstance(ingress, dict):
            yield ("spec", "acme", "solvers", i, "http01", "ingress"), ingress


def _unserved(
    context: Context, issuer: Resource, path: Path, ingress: dict[str, Any]
) -> Violations:
    classes = {r.name: r for r in context.bundle.of_kind("IngressClass", "networking.k8s.io")}
    ingresses = list(chain(context).of("Ingress", "networking.k8s.io"))
    used = {class_of(one) for one in ingresses} - {""}
    field = "ingressClassName" if "ingressClassName" in ingress else "class"
    name = text(ingress.get(field))
    if name and (classes or used) and name not in {*classes, *used}:
        hint = did_you_mean(name, sorted({*classes, *used}))
        yield violation(
            f"no IngressClass and no other Ingress has the class {visible(name)}{hint}",
            Place(issuer, (*path, field)),
        )
    elif not name and not ingress.get("name") and classes:
        notes = [as_dict(one.metadata.get("annotations")) for one in classes.values()]
        if not any(str(note.get(_DEFAULT)).lower() == "true" for note in notes):
            yield violation(
                f"the solver has no class, and no IngressClass is the default "
                f"({', '.join(sorted(classes))})",
                Place(issuer, path),
            )
    elif name.startswith("gce"):
        for one in ingresses:
            notes = [as_dict(one.get("metadata", "annotations"))]
            asks = text(notes[0].get(_ISSUERS[issuer.kind])) == issuer.name
            if asks and _ADDRESS in notes[0] and str(notes[0].get(_EDIT)).lower() != "true":
                yield violation(
                    f"GKE gives the Ingress of the solver another address than that of Ingress "
                    f"{one.name}, which {_ADDRESS} sets",
                    one.place("metadata", "annotations"),
                )


def _sections(context: Context, issuer: Resource) -> Violations:
    """Listeners to which a solver attaches its route, and which the Gateway does not have."""
    for i, solver in maps(_all(issuer)):
        base: Path = ("spec", "acme", "solvers", i, "http01", "gatewayHTTPRoute", "parentRefs")
        for j, ref in maps(at(solver, *base[4:])):
            name, section = text(ref.get("name")), text(ref.get("sectionName"))
            space = text(ref.get("namespace")) or issuer.namespace
            for gateway in context.bundle.named("Gateway", space, name, GATEWAY_API):
                known = [text(x.get("name")) for _, x in maps(gateway.get("spec", "listeners"))]
                if section and plain(section) and section not in known:
                    yield violation(
                        f"Gateway {gateway.name} has no listener {visible(section)}"
                        f"{did_you_mean(section, known)}; it has {', '.join(known)}",
                        Place(issuer, (*base, j, "sectionName")),
                    )


def _gateways(context: Context, issuer: Resource, note: str) -> Violations:
    for gateway in context.bundle.of_kind("Gateway", GATEWAY_API):
        near = issuer.kind == "ClusterIssuer" or gateway.namespace == issuer.namespace
        if near and text(gateway.get("metadata", "annotations", note)) == issuer.name:
            yield violation(
                f"{issuer.kind} {issuer.name} solves challenges with an Ingress, and the hostnames "
                f"of Gateway {gateway.name} lead to the Gateway",
                Place(gateway, ("metadata", "annotations", note)),
            )
