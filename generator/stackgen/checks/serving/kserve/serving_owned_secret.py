"""The input holds the Secret with the servers' certificate, which KServe makes."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.names import LONGEST_SUFFIX, Names

# Kinds that make a Secret, and where they name it.
_MAKERS = (
    ("Certificate", "cert-manager.io", ("spec", "secretName")),
    ("ExternalSecret", "external-secrets.io", ("spec", "target", "name")),
    ("SealedSecret", "bitnami.com", ("spec", "template", "metadata", "name")),
)


def check(context: Context) -> Violations:
    """Certificates and the like that write where the controller writes."""
    owned = {(s.namespace, Names(s.name).tls_secret): s for s in services(context)}
    for kind, group, path in _MAKERS:
        for resource in context.bundle.of_kind(kind, group):
            name = resource.get(*path)
            if not isinstance(name, str):
                continue
            service = owned.get((resource.namespace, name))
            if service is not None:
                yield violation(
                    f"Secret {name} is created by the KServe controller for {service.name}",
                    Place(resource, path),
                    service.place("metadata", "name", note="the service"),
                )
            elif name.endswith(LONGEST_SUFFIX):
                who = name.removesuffix(LONGEST_SUFFIX)
                yield violation(
                    f"Secret {name} is created by the KServe controller for a service {who}",
                    Place(resource, path),
                    confidence="medium",
                )
