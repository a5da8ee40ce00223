"""A selector with a label that changes with each version."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation

_CHANGING = ("app.kubernetes.io/version", "helm.sh/chart", "chart", "pod-template-hash")
_KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def check(context: Context) -> Violations:
    """One finding for each label."""
    for kind in _KINDS:
        for resource in context.bundle.of_kind(kind, "apps"):
            path = ("spec", "selector", "matchLabels")
            for label in as_dict(resource.get(*path)):
                if label in _CHANGING:
                    yield violation(
                        f"the selector of {kind} {resource.name} has {label}, which the next "
                        "version changes; the selector is immutable",
                        Place(resource, (*path, label)),
                    )
