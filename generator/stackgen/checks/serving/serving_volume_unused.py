"""A volume that no container mounts."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import maps, text

RULE = Rule(
    id="serving-volume-unused",
    family="serving",
    severity=Severity.WARNING,
    summary="A volume is declared and no container mounts it.",
    impact=(
        "It has no effect: the server keeps what the preset mounts, such as 1Gi of shared memory."
    ),
    remedy="Mount it; a mount at a path of the preset (/dev/shm) takes its place.",
    source="Kubernetes: volumes act through volumeMounts; KServe presets mount dshm at /dev/shm",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    volumes: [{name: shm, emptyDir: {medium: Memory, sizeLimit: 40Gi}}]
    containers: [{name: main}]
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    volumes: [{name: shm, emptyDir: {medium: Memory, sizeLimit: 40Gi}}]
    containers:
      - name: main
        volumeMounts: [{name: shm, mountPath: /dev/shm}]
""",
)


# The controller itself mounts these.
_MOUNTED = ("kserve-provision-location", "kserve-pvc-source")


def check(context: Context) -> Iterator[Finding]:
    """Judged on the merged view, volumes of the user's only."""
    for service in services(context):
        for part in service.parts():
            used = set()
            for section in ("containers", "initContainers"):
                for _, container in maps(part.merged.get(section)):
                    for kind in ("volumeMounts", "volumeDevices"):
                        used |= {text(m.get("name")) for _, m in maps(container.get(kind))}
            for i, volume in maps(part.own.get("volumes")):
                name = volume.get("name")
                known = service.whole and isinstance(name, str) and name not in _MOUNTED
                if known and name not in used:
                    yield RULE.finding(
                        f"volume {name} is mounted by no container",
                        part.place("volumes", i, "name"),
                    )
