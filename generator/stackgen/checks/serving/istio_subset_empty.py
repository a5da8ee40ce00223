"""A subset of a DestinationRule whose labels no Pod behind the host has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.mesh import NETWORKING, host_pods
from stackgen.checks.serving.provided import provided
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """Subsets of a host whose Service and Pods are in the input."""
    known = provided(context)
    for rule in context.bundle.of_kind("DestinationRule", NETWORKING):
        pods = host_pods(context, text(rule.get("spec", "host")), rule.namespace)
        if not pods or any(known.composed(one.owner.resource) for one in pods):
            continue
        # KServe and Knative add labels to their Pods.
        if known.composed(rule) or any("." in one.owner.group for one in pods):
            continue
        for i, subset in maps(rule.get("spec", "subsets")):
            labels = as_dict(subset.get("labels"))
            words = [f"{key}={value}" for key, value in labels.items()]
            if not labels or not plain(" ".join(words)):
                continue
            if not any(labels.items() <= dict(one.labels).items() for one in pods):
                yield violation(
                    f"no Pod behind {rule.get('spec', 'host')} has the labels {', '.join(words)}",
                    Place(rule, ("spec", "subsets", i, "labels")),
                )
