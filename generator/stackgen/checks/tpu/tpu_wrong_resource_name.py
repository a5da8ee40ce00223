"""A resource that no TPU node offers."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.tpu.view import view
from stackgen.checks.tpu.workloads import TPU
from stackgen.findings.model import Finding, Place, Rule, Severity

RULE = Rule(
    id="tpu-wrong-resource-name",
    family="tpu",
    severity=Severity.ERROR,
    summary="TPU chips are asked for under a name that GKE's nodes do not offer.",
    impact="The pod stays Pending for ever: no node has the resource.",
    remedy="Ask for google.com/tpu; the generation is chosen by node labels.",
    source=(
        "ai-on-gke/tpu-device-plugin@4626a9f; cloud-tpus.google.com was the name of the older "
        "TPU Node service (cloud.google.com/tpu/docs/kubernetes-engine-setup)"
    ),
    bad="limits: {cloud-tpus.google.com/chip: 4}",
    good="limits: {google.com/tpu: 4}",
)


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
                            f"no node offers {name!r}; TPU chips are {TPU}",
                            Place(workload.resource, (*base, name), key=True),
                        )


def _wrong(name: str) -> bool:
    if name == TPU:
        return False
    domain, slash, short = name.rpartition("/")
    if domain == "cloud-tpus.google.com":
        return True
    return "tpu" in short.lower() and (not slash or domain.endswith("google.com"))
