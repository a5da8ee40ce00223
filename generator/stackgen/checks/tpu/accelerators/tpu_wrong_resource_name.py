"""A resource that no TPU node offers."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import TPU
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each such name in a container."""
    for workload in view(context).workloads:
        for container in workload.containers:
            for section in ("limits", "requests"):
                base = (*container.path, "resources", section)
                given = workload.resource.get(*base)
                for name in given if isinstance(given, dict) else ():
                    if _wrong(str(name)):
                        yield violation(
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
