"""Somebody else makes the Secret with the certificate of the servers."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.names import LONGEST_SUFFIX, Names

RULE = Rule(
    id="serving-owned-secret",
    family="serving",
    severity=Severity.ERROR,
    summary="A manifest has the servers' TLS Secret made by somebody else.",
    impact=(
        "The controller stops because it does not own the Secret, or replaces the certificate "
        "again and again."
    ),
    remedy="Leave the certificate to KServe; give yours another Secret.",
    why=(
        "The name ends in -kserve-self-signed-certs for KServe alone: without the service in the "
        "input that is enough to tell, with medium confidence."
    ),
    source="KServe lifecycle_crud.go: an object that it does not own is not updated",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: qwen, namespace: serving}
spec:
  secretName: qwen-kserve-self-signed-certs
  issuerRef: {name: ca}
  dnsNames: [qwen-epp-service.serving.svc]
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: qwen, namespace: serving}
spec:
  secretName: qwen-gateway
  issuerRef: {name: ca}
  dnsNames: [models.example.com]
""",
)


# Kinds that make a Secret, and where they name it.
_MAKERS = (
    ("Certificate", "cert-manager.io", ("spec", "secretName")),
    ("ExternalSecret", "external-secrets.io", ("spec", "target", "name")),
    ("SealedSecret", "bitnami.com", ("spec", "template", "metadata", "name")),
)


def check(context: Context) -> Iterator[Finding]:
    """Certificates and the like that write where the controller writes."""
    owned = {(s.namespace, Names(s.name).tls_secret): s for s in services(context)}
    for kind, group, path in _MAKERS:
        for resource in context.bundle.of_kind(kind, group):
            name = resource.get(*path)
            if not isinstance(name, str):
                continue
            service = owned.get((resource.namespace, name))
            if service is not None:
                yield RULE.finding(
                    f"Secret {name} is made by the KServe controller for {service.name}",
                    Place(resource, path),
                    service.place("metadata", "name", note="the service"),
                )
            elif name.endswith(LONGEST_SUFFIX):
                who = name.removesuffix(LONGEST_SUFFIX)
                yield RULE.finding(
                    f"Secret {name} is made by the KServe controller for a service {who}",
                    Place(resource, path),
                    confidence="medium",
                )
