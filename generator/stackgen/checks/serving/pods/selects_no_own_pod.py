"""A rule for spreading Pods that does not count them."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.pod_templates import PodTemplate, pod_templates
from stackgen.facts.shape import as_dict, at, maps, plain, texts
from stackgen.findings.model import Place, Violation, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import labels_of, selector

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def check(context: Context) -> Violations:
    """Spread constraints, and terms of anti-affinity without a selector."""
    for resource in context.bundle.objects:
        for template in pod_templates(resource):
            yield from _spread(resource, template)
            yield from _terms(resource, template)


def _spread(resource: Resource, template: PodTemplate) -> Violations:
    """A constraint counts the Pods that its selector matches: its own have to be among them."""
    own = labels_of(template.data.get("metadata"))
    for i, one in maps(template.spec.get("topologySpreadConstraints")):
        chosen, place = one.get("labelSelector"), ("topologySpreadConstraints", i)
        if not chosen:
            if not one.get("matchLabelKeys"):
                yield _finding(
                    resource, template, place, "has no labelSelector, so it counts no Pod"
                )
        elif _known(chosen) and own and selector(chosen).matches(own) is False:
            yield _finding(
                resource, template, (*place, "labelSelector"),
                "has a labelSelector that the Pods themselves do not match",
            )  # fmt: skip


def _terms(resource: Resource, template: PodTemplate) -> Violations:
    base = ("affinity", "podAntiAffinity")
    for i, term in maps(at(template.spec, *base, _REQUIRED)):
        if term.get("labelSelector") is None and not term.get("matchLabelKeys"):
            yield _finding(
                resource, template, (*base, _REQUIRED, i),
                "has no labelSelector, so it applies to no Pod",
            )  # fmt: skip
    for i, one in maps(at(template.spec, *base, _PREFERRED)):
        term = as_dict(one.get("podAffinityTerm"))
        if term.get("labelSelector") is None and not term.get("matchLabelKeys"):
            yield _finding(
                resource, template, (*base, _PREFERRED, i, "podAffinityTerm"),
                "has no labelSelector, so it applies to no Pod",
            )  # fmt: skip


def _known(chosen: Any) -> bool:
    return all(plain(word) for _, word in texts(chosen))


def _finding(resource: Resource, template: PodTemplate, path: Path, what: str) -> Violation:
    field = path[1] if path[0] == "affinity" else path[0]
    return violation(
        f"{field} of {resource.kind} {resource.name} {what}",
        Place(resource, (*template.spec_path, *path)),
    )
