"""An annotation of an Ingress that ingress-nginx does not read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.shipped import shipped
from stackgen.spelling import nearest

_PREFIX = "nginx.ingress.kubernetes.io/"


def check(context: Context) -> Violations:
    """One finding for each annotation with the prefix of the controller that has no meaning."""
    facts = _facts()
    for one in context.bundle.of_kind("Ingress", "networking.k8s.io"):
        for key in as_dict(one.get("metadata", "annotations")):
            name = str(key).removeprefix(_PREFIX)
            if name == key or name in facts["known"] or name in facts["removed"]:
                continue
            yield violation(
                f"ingress-nginx does not read {_PREFIX}{visible(name)}{_hint(facts, name)}",
                Place(one, ("metadata", "annotations", key), key=True),
            )


def _hint(facts: Mapping[str, Any], name: str) -> str:
    if name in facts["settings"]:
        return "; it is a key of the ConfigMap of the controller"
    meant = facts["instead"].get(name) or nearest(name, facts["known"])
    return f'; did you mean "{meant}"?' if meant else ""


@cache
def _facts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "ingress_annotations.yaml")
    return found
