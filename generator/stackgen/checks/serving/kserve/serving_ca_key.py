"""A CA whose key the controller cannot use."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.findings.model import Place, Violations, violation

CA_SECRET = "opendatahub-ca"


def check(context: Context) -> Violations:
    """The certificate of the CA Secret that the platform's overlay names."""
    seen = view(context)
    if seen.newest.ca_key != "RSA":
        return
    for resource in context.bundle.of_kind("Certificate", "cert-manager.io"):
        key = resource.get("spec", "privateKey", "algorithm")
        if resource.get("spec", "secretName") == CA_SECRET and key not in (None, "RSA"):
            yield violation(
                f"the CA key is {key}; release {seen.newest.name} supports only RSA",
                Place(resource, ("spec", "privateKey", "algorithm")),
            )
