"""A server that does not read the model which KServe put there."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.objects import MODEL_MOUNT
from stackgen.kserve.shape import listing, mapping, maps, plain, text

RULE = Rule(
    id="serving-model-path",
    family="serving",
    severity=Severity.WARNING,
    summary="The server is told to load another model than the one at /mnt/models.",
    impact=(
        "The model is downloaded twice, without the token of the first download; a read-only or "
        "air-gapped pod fails."
    ),
    remedy="Pass --model=/mnt/models, and the name with --served-model-name.",
    source="KServe storage.go: the model is mounted at /mnt/models, whatever its URI",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        command: [vllm, serve, Qwen/Qwen3-0.6B]
        args: [--port=8000, --served-model-name=qwen]
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        command: [vllm, serve, /mnt/models]
        args: [--port=8000, --served-model-name=qwen]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Servers that the user starts with a model from elsewhere, beside a download or a mount."""
    for service in services(context):
        uri = text(mapping(service.own.get("model")).get("uri"))
        switch = mapping(service.own.get("storageInitializer")).get("enabled")
        if not uri.startswith(("hf://", "s3://", "pvc://", "oci")) or switch is False:
            continue
        for part in service.parts():
            line = part.line()
            given = line.flags.get("model") or line.model
            if not line.vllm or given is None or not given.value or not plain(given.value):
                continue
            mounts = listing(part.merged_main().get("volumeMounts"))
            if given.value.startswith(_own_mounts(mounts)):
                continue
            yield RULE.finding(
                f"the server loads {given.value}; KServe puts {uri} at {MODEL_MOUNT}",
                Place(service.resource, given.path),
                service.place("spec", "model", "uri", note="what KServe fetches"),
            )


def _own_mounts(mounts: list[object]) -> tuple[str, ...]:
    """The folders in which a model may lie: KServe's, and those that the user mounts."""
    found = [text(m.get("mountPath")) for _, m in maps(mounts)]
    return (MODEL_MOUNT, *(f for f in found if f not in ("", "/")))
