"""A server that does not read the model which KServe put there."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.platforms.kserve.storage import MODEL_MOUNT

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
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
            yield RULE.finding(
                f"the server loads {given.value}; KServe mounts {uri} at {MODEL_MOUNT}",
                Place(service.resource, given.path),
                service.place("spec", "model", "uri", note="what KServe downloads"),
            )


def _own_mounts(mounts: list[object]) -> tuple[str, ...]:
    """The folders in which a model may lie: KServe's, and those that the user mounts."""
    found = [text(m.get("mountPath")) for _, m in maps(mounts)]
    return (MODEL_MOUNT, *(f for f in found if f not in ("", "/")))
