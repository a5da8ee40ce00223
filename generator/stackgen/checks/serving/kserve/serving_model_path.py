"""A server that does not read the model which KServe put there."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.storage import MODEL_MOUNT


def check(context: Context) -> Violations:
    """Servers that the user starts with a model from elsewhere, beside a download or a mount."""
    for service in services(context):
        uri = text(as_dict(service.own.get("model")).get("uri"))
        switch = as_dict(service.own.get("storageInitializer")).get("enabled")
        if not uri.startswith(("hf://", "s3://", "pvc://", "oci")) or switch is False:
            continue
        for part in service.parts():
            line = part.line()
            given = line.flags.get("model") or line.model
            if not line.vllm or given is None or not given.value or not plain(given.value):
                continue
            mounts = as_list(part.merged_main().get("volumeMounts"))
            if given.value.startswith(_own_mounts(mounts)):
                continue
            yield violation(
                f"the server loads {given.value}; KServe mounts {uri} at {MODEL_MOUNT}",
                Place(service.resource, given.path),
                service.place("spec", "model", "uri", note="what KServe downloads"),
            )


def _own_mounts(mounts: list[object]) -> tuple[str, ...]:
    """The folders in which a model may lie: KServe's, and those that the user mounts."""
    found = [text(m.get("mountPath")) for _, m in maps(mounts)]
    return (MODEL_MOUNT, *(f for f in found if f not in ("", "/")))
