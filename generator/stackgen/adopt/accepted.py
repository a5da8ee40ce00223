"""Errors of Pods that stay as they are: suppressed in the new stack, with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stackgen.adopt.compare import Result
from stackgen.findings.model import Located, Severity
from stackgen.manifest.resource import Resource

REASON = "The Pods run as in the manifests that were adopted."


def suppressions(results: Iterable[Result], found: Iterable[Located]) -> list[dict[str, str]]:
    """`spec.suppress` for errors of policies about Pods of the manifests, each once."""
    there = (r.resource for r in results if r.state != "missing")
    adopted = {(one.kind, one.name) for one in there if _has_pods(one)}
    entries: dict[tuple[str, str], dict[str, str]] = {}
    for one in found:
        rule, about = one.finding.rule, one.primary.object if one.primary else None
        if about is None or rule.family != "policy" or one.finding.level < Severity.ERROR:
            continue
        if (about.kind, about.name) in adopted:
            of = f"{about.kind}/{about.name}"
            entries.setdefault((rule.id, of), {"rule": rule.id, "object": of, "reason": REASON})
    return list(entries.values())


def _has_pods(resource: Resource) -> bool:
    spec: Any = resource.get("spec")
    fields = ("template", "leaderWorkerTemplate", "jobTemplate")
    return isinstance(spec, dict) and any(field in spec for field in fields)
