"""A CA whose key the controller cannot use."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="serving-ca-key",
    family="serving",
    severity=Severity.ERROR,
    summary="The CA of the servers has a key that is not RSA.",
    impact=(
        "The controller reports that the CA key is no RSA key; no server gets a certificate, "
        "none starts."
    ),
    remedy="Set privateKey.algorithm to RSA (4096).",
    source="KServe release-v0.15 workload_tls_self_signed.go",
    bad="""\
# release: llm-d-infra-xks-0.15
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: opendatahub-ca, namespace: cert-manager}
spec:
  isCA: true
  secretName: opendatahub-ca
  privateKey: {algorithm: ECDSA, size: 256}
  issuerRef: {name: selfsigned, kind: ClusterIssuer}
  commonName: ca
""",
    good="""\
# release: llm-d-infra-xks-0.15
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: opendatahub-ca, namespace: cert-manager}
spec:
  isCA: true
  secretName: opendatahub-ca
  privateKey: {algorithm: RSA, size: 4096}
  issuerRef: {name: selfsigned, kind: ClusterIssuer}
  commonName: ca
""",
)


CA_SECRET = "opendatahub-ca"


def check(context: Context) -> Iterator[Finding]:
    """The certificate of the CA Secret that the platform's overlay names."""
    seen = view(context)
    if seen.newest.ca_key != "RSA":
        return
    for resource in context.bundle.of_kind("Certificate", "cert-manager.io"):
        key = resource.get("spec", "privateKey", "algorithm")
        if resource.get("spec", "secretName") == CA_SECRET and key not in (None, "RSA"):
            yield RULE.finding(
                f"the CA key is {key}; release {seen.newest.name} reads RSA only",
                Place(resource, ("spec", "privateKey", "algorithm")),
            )
