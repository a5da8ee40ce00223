"""A scheduler configuration under another key."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """References to ConfigMaps of the input."""
    links = chain(context)
    for service in links.view.services:
        where = ("spec", "router", "scheduler", "config", "ref")
        ref = as_dict(service.resource.get(*where))
        found = links.find("ConfigMap", service.namespace, text(ref.get("name")), "")
        key = text(ref.get("key")) or "epp"
        if not ref or found is None:
            continue
        keys = [*as_dict(found.get("data")), *as_dict(found.get("binaryData"))]
        if key not in keys:
            there = ", ".join(map(str, keys)) or "none"
            yield violation(
                f"ConfigMap {found.name} has no key {key}; it has {there}",
                service.place(*where, "key" if "key" in ref else "name"),
                found.place("data", key=True, note="its keys"),
            )
