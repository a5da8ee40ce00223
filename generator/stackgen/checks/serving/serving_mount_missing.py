"""A mount of a volume that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Part, services
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import maps, text

RULE = Rule(
    id="serving-mount-missing",
    family="serving",
    severity=Severity.ERROR,
    summary="A container mounts a volume that the pod does not have.",
    impact="The Deployment is refused; no pod is created.",
    remedy="Declare the volume in the template, under the same name.",
    source=(
        "Kubernetes: volumeMounts name volumes of the pod; judged after the merge with the preset"
    ),
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        volumeMounts: [{name: shm, mountPath: /dev/shm}]
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    volumes: [{name: shm, emptyDir: {medium: Memory}}]
    containers:
      - name: main
        volumeMounts: [{name: shm, mountPath: /dev/shm}]
""",
)


_MADE = ("kserve-provision-location", "kserve-pvc-source")


def check(context: Context) -> Iterator[Finding]:
    """Judged on the merged view, mounts of the user's only."""
    for service in services(context):
        for part in service.parts():
            if service.whole:
                yield from _missing(part)


def _missing(part: Part) -> Iterator[Finding]:
    there = {text(v.get("name")) for _, v in maps(part.merged.get("volumes"))}
    for section in ("containers", "initContainers"):
        for i, container in maps(part.own.get(section)):
            for j, mount in maps(container.get("volumeMounts")):
                name = mount.get("name")
                if isinstance(name, str) and name not in there and name not in _MADE:
                    yield RULE.finding(
                        f"there is no volume {name}",
                        part.place(section, i, "volumeMounts", j, "name"),
                    )
