"""The input holds the Secret with the servers' certificate, which KServe makes."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.names import LONGEST_SUFFIX, Names

RULE = rule_named(__name__)


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
                    f"Secret {name} is created by the KServe controller for {service.name}",
                    Place(resource, path),
                    service.place("metadata", "name", note="the service"),
                )
            elif name.endswith(LONGEST_SUFFIX):
                who = name.removesuffix(LONGEST_SUFFIX)
                yield RULE.finding(
                    f"Secret {name} is created by the KServe controller for a service {who}",
                    Place(resource, path),
                    confidence="medium",
                )
