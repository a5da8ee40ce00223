"""A path of an Ingress that is a regular expression, with a type that takes no expressions."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.regex import regex

_EXPRESSION = regex(r"[()|*\[\]^\\]|\$$|\.\+")
_NGINX = "nginx.ingress.kubernetes.io/"
_CLASS = "kubernetes.io/ingress.class"


def check(context: Context) -> Violations:
    """One finding for each path with the type Exact or Prefix."""
    for resource in context.bundle.of_kind("Ingress", "networking.k8s.io"):
        notes = as_dict(resource.metadata.get("annotations"))
        named = text(resource.get("spec", "ingressClassName")) or text(notes.get(_CLASS))
        nginx = named == "nginx" or any(str(key).startswith(_NGINX) for key in notes)
        for i, rule in maps(resource.get("spec", "rules")):
            for j, one in maps(as_dict(rule.get("http")).get("paths")):
                path, kind = text(one.get("path")), text(one.get("pathType"))
                # GKE takes `/*` with ImplementationSpecific only.
                if kind in ("Exact", "Prefix") and _EXPRESSION.search(path):
                    yield violation(
                        f"{visible(path)} is a regular expression, and pathType {kind} takes it "
                        "literally",
                        Place(resource, ("spec", "rules", i, "http", "paths", j, "path")),
                        severity=None if nginx else Severity.WARNING,
                    )
