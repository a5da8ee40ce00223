"""Models in a folder of a bucket into which no script copies one."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import engine_runs
from stackgen.escape import visible
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path

_FIELDS: dict[str, tuple[Path, ...]] = {
    "InferenceService": (
        ("spec", "predictor", "model", "storageUri"),
        ("spec", "predictor", "storageUri"),
    ),
    "LLMInferenceService": (("spec", "model", "uri"),),
}


def other_folders(context: Context) -> Violations:
    """One finding for each model whose folder is called as that of an upload, elsewhere."""
    uploads = [
        text(one.get("spec", "uri")).rstrip("/")
        for one in context.bundle.outside
        if one.kind == "Upload"
    ]
    for uri, place in _models(context) if uploads else ():
        bucket, _, path = uri.removeprefix("gs://").rstrip("/").partition("/")
        there = [one for one in uploads if one.startswith(f"gs://{bucket}/")]
        whole = f"gs://{bucket}/{path}"
        if f"gs://{bucket}" in uploads or any(_within(whole, one) for one in there):
            continue
        last = path.rpartition("/")[2].lower()
        same = {one for one in there if one.rpartition("/")[2].lower() == last}
        if len(same) == 1 and path and plain(uri):
            yield violation(
                f"the model is read from {visible(whole)}, and a script copies it to "
                f"{visible(same.pop())}",
                place,
                severity=Severity.WARNING,
            )


def _within(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _models(context: Context) -> Iterator[tuple[str, Place]]:
    for kind, paths in _FIELDS.items():
        for service in context.bundle.of_kind(kind, "serving.kserve.io"):
            for path in paths:
                uri = text(service.get(*path))
                if uri.startswith("gs://"):
                    yield uri, Place(service, path)
    for run in engine_runs(context):
        flag = run.line.model or run.line.flags.get("model") or run.line.flags.get("model-path")
        if flag is not None and (flag.value or "").startswith("gs://"):
            yield flag.value or "", Place(run.resource, flag.path)
