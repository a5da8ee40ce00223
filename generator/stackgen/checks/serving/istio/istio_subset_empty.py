"""A subset of a DestinationRule whose labels no Pod behind the host has."""

from __future__ import annotations

from stackgen.checks.composed import gives_label
from stackgen.checks.context import Context
from stackgen.checks.serving.mesh import NETWORKING, host_pods
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """Subsets of a host whose Service and Pods are in the input."""
    for rule in context.bundle.of_kind("DestinationRule", NETWORKING):
        pods = host_pods(context, text(rule.get("spec", "host")), rule.namespace)
        # KServe and Knative add labels to their Pods.
        if not pods or any("." in one.owner.group for one in pods):
            continue
        for i, subset in maps(rule.get("spec", "subsets")):
            labels = as_dict(subset.get("labels"))
            words = [f"{key}={value}" for key, value in labels.items()]
            if not labels or not plain(" ".join(words)):
                continue
            if any(gives_label(context, one.owner.resource, key) for one in pods for key in labels):
                continue
            if not any(labels.items() <= dict(one.labels).items() for one in pods):
                yield violation(
                    f"no Pod behind {rule.get('spec', 'host')} has the labels {', '.join(words)}",
                    Place(rule, ("spec", "subsets", i, "labels")),
                )
