"""A placeholder in the address of a model, which was never replaced."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.composed import is_completed
from stackgen.checks.context import Context
from stackgen.checks.gitops.overlays import is_final
from stackgen.checks.serving.access.gcsfuse_annotation import DRIVER
from stackgen.checks.serving.engine_runs import engine_runs
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.names import KIND
from stackgen.regex import regex

_GROUP = "serving.kserve.io"
# Words that ask a reader to put something in their place. The names of buckets have no capitals.
_ASKED = regex(
    r"<[A-Za-z][\w .-]*>|\b(?:YOUR|REPLACE|CHANGE)[-_]?[A-Z][A-Z_-]*\b|\byour[-_][a-z][a-z_-]*\b"
    r"|\bchange-?me\b|\bTO[D]O\b|\bPLACEHOLDER\b|\bX{3,}\b"
    r"|(?:\A|(?<=[/:]))(?:GCS_|MODEL_|S3_)?(?:BUCKET|BUCKET_NAME)(?=[/:]|\Z)"
    r"|(?:\A|(?<=[/:]))(?:PROJECT_ID|PROJECT|MODEL_(?:ID|NAME|PATH)|PVC_NAME)(?=[/:]|\Z)"
)


def check(context: Context) -> Violations:
    """One finding for each address of a model, and for each bucket."""
    told: set[tuple[str, Path]] = set()
    for resource, path, value in _addresses(context):
        found = _ASKED.search(value)
        if found is None or (resource.file, path) in told:
            continue
        if is_completed(context, resource) and not is_final(context, resource, path):
            continue
        told.add((resource.file, path))
        yield violation(f"{found[0]} in {value} has to be replaced", Place(resource, path))


def _addresses(context: Context) -> Iterator[tuple[Resource, Path, str]]:
    for run in engine_runs(context):
        flags = (run.line.model, run.line.flags.get("model"), run.line.flags.get("model-path"))
        for flag in flags:
            if flag is not None and flag.value:
                yield run.resource, flag.path, flag.value
    for service in context.bundle.of_kind("InferenceService", _GROUP):
        for framework, given in as_dict(service.get("spec", "predictor")).items():
            path: Path = ("spec", "predictor", framework, "storageUri")
            yield service, path, text(as_dict(given).get("storageUri"))
    for service in context.bundle.of_kind(KIND, _GROUP):
        yield service, ("spec", "model", "uri"), text(service.get("spec", "model", "uri"))
        adapters: Path = ("spec", "model", "lora", "adapters")
        for i, adapter in maps(service.get(*adapters)):
            yield service, (*adapters, i, "uri"), text(adapter.get("uri"))
    for volume in context.bundle.of_kind("PersistentVolume", ""):
        if volume.get("spec", "csi", "driver") == DRIVER:
            path = ("spec", "csi", "volumeHandle")
            yield volume, path, text(volume.get(*path))
    for resource in context.bundle.objects:
        for template in pod_templates(resource):
            for i, given in maps(template.spec.get("volumes")):
                if at(given, "csi", "driver") == DRIVER:
                    path = ("volumes", i, "csi", "volumeAttributes", "bucketName")
                    yield resource, (*template.spec_path, *path), text(at(given, *path[2:]))
