"""A volume with two sources."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import view
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import maps, named

RULE = Rule(
    id="serving-volume-conflict",
    family="serving",
    severity=Severity.ERROR,
    summary="A volume has the name of one of the preset, and another type.",
    impact=(
        "After the merge the volume has two sources, and the Deployment is refused; no pod is "
        "created."
    ),
    remedy=(
        "Give the volume another name and mount it at the preset's path, which replaces the mount."
    ),
    source="KServe config-llm-template; strategic merge of volumes by name keeps both sources",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    volumes: [{name: model-cache, persistentVolumeClaim: {claimName: cache}}]
    containers: [{name: main}]
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    volumes: [{name: cache, persistentVolumeClaim: {claimName: cache}}]
    containers:
      - name: main
        volumeMounts: [{name: cache, mountPath: /models}]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Judged on the merged view."""
    seen = view(context)
    for service in seen.subjects:
        for part in service.parts():
            for i, volume in maps(part.own.get("volumes")):
                mine = [k for k, v in volume.items() if k != "name" and v is not None]
                merged = named(part.merged.get("volumes"), str(volume.get("name")))
                sources = (
                    [k for k, v in merged[1].items() if k != "name" and v is not None]
                    if merged
                    else []
                )
                theirs = [k for k in sources if k not in mine]
                if len(mine) == 1 and theirs:
                    yield RULE.finding(
                        f"volume {volume.get('name')} is {mine[0]} here "
                        f"and {theirs[0]} in the preset",
                        part.place("volumes", i, mine[0], key=True),
                    )
