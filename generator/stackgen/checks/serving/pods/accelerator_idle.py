"""A container that holds chips or GPUs, and only sleeps."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.pods.endless import in_background, waiting
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Violations, violation
from stackgen.regex import regex

_CHIPS = ("google.com/tpu", "nvidia.com/gpu", "amd.com/gpu")
# What may compute something before the container sleeps.
_PROGRAM = regex(
    r"\bpython3?\b|\btorchrun\b|\bvllm\b|\bserve\b|\bray\b|\.(?:sh|py)\b|\bnccl|_perf\b|\bmpirun\b"
    r"|\bjetstream\b|\bsglang\b|\./\w|\bif\b|\bwhile\b|\bfor\b"
)
_INSTALLS = regex(r"\b(?:pip3? install|apt(?:-get)?) [^\n;&]*")


def check(context: Context) -> Violations:
    """One finding for each container."""
    for pod in merged_pod_specs(context):
        for i, container in maps(pod.spec.get("containers")):
            limits = as_dict(at(container, "resources", "limits"))
            held = next((name for name in _CHIPS if limits.get(name) not in (None, 0, "0")), "")
            found = waiting(container) if held else None
            if found is None:
                continue
            path, script = found[0], found[1].replace("\\\n", " ")
            if not in_background(script) and not _PROGRAM.search(_INSTALLS.sub("", script)):
                yield violation(
                    f"container {visible(text(container.get('name')))} holds "
                    f"{visible(str(limits[held]))} {held} and only sleeps",
                    pod.place("containers", i, *path),
                )
