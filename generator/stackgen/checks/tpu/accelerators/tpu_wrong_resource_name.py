"""A resource that no TPU node offers."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import TPU
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each such name in a container."""
    for workload in view(context).workloads:
        for container in workload.containers:
            for section in ("limits", "requests"):
                base = (*container.path, "resources", section)
                given = workload.resource.get(*base)
                for name in given if isinstance(given, dict) else ():
                    if _wrong(str(name)):
                        yield RULE.finding(
                            f"no node has the resource {name!r}; the resource for TPU chips is "
                            f"{TPU}",
                            Place(workload.resource, (*base, name), key=True),
                        )


def _wrong(name: str) -> bool:
    if name == TPU:
        return False
    domain, slash, short = name.rpartition("/")
    if domain == "cloud-tpus.google.com":
        return True
    return "tpu" in short.lower() and (not slash or domain.endswith("google.com"))
