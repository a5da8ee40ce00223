"""A Certificate of the CA issuer whose key it is to make."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.certificates.certificate_names import GROUP
from stackgen.facts.shape import as_dict, plain, text
from stackgen.findings.model import Place, Violations, violation

_SHARED = "cert-manager"  # where ClusterIssuers read their Secrets, by default


def check(context: Context) -> Violations:
    """One finding for each Certificate. A Secret that something else may make is left out."""
    others: set[tuple[str, str]] | None = None
    for one in context.bundle.of_kind("Certificate", GROUP):
        reference, secret = (
            as_dict(one.get("spec", "issuerRef")),
            text(one.get("spec", "secretName")),
        )
        kind, name = text(reference.get("kind")) or "Issuer", text(reference.get("name"))
        space = one.namespace if kind == "Issuer" else ""
        if not secret or not plain(secret) or (kind != "Issuer" and one.namespace != _SHARED):
            continue
        for issuer in context.bundle.named(kind, space, name, GROUP):
            if issuer.get("spec", "ca", "secretName") != secret:
                continue
            others = others if others is not None else _secrets(context)
            if (one.namespace, secret) not in others:
                yield violation(
                    f"{kind} {name} signs with Secret {secret}, which this Certificate is to make",
                    Place(one, ("spec", "issuerRef", "name")),
                    Place(issuer, ("spec", "ca", "secretName"), note="the Secret of the issuer"),
                )
            break


def _secrets(context: Context) -> set[tuple[str, str]]:
    """The Secrets of manifests and scripts, and of kinds that make one of their name."""
    found = (*context.bundle.objects, *context.bundle.outside)
    return {(one.namespace, one.name) for one in found if "Secret" in one.kind}
