"""Targets of an InferenceModelRewrite that get no requests."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource

_GROUPS = ("llm-d.ai", "inference.networking.x-k8s.io")


def rewrites(context: Context) -> list[Resource]:
    """Every InferenceModelRewrite of the input."""
    return [r for group in _GROUPS for r in context.bundle.of_kind("InferenceModelRewrite", group)]


def check(context: Context) -> Violations:
    """One finding for each rule with weights for some of its targets."""
    for resource in rewrites(context):
        for i, rule in maps(resource.get("spec", "rules")):
            targets = list(maps(rule.get("targets")))
            without = [(n, one) for n, one in targets if one.get("weight") is None]
            if without and len(without) < len(targets):
                names = ", ".join(visible(text(one.get("modelRewrite"))) for _, one in without)
                yield violation(
                    f"InferenceModelRewrite {resource.name} gives some targets a weight, and "
                    f"{names} none: no request goes there",
                    Place(resource, ("spec", "rules", i, "targets", without[0][0])),
                )
