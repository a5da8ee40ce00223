"""A storageUri of an InferenceService that nothing downloads."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.regex import regex

# What KServe's storage initializer downloads or mounts.
_SCHEMES = (
    "gs", "s3", "pvc", "hdfs", "webhdfs", "http", "https", "hf", "oci", "oci+fetch", "file", "git",
)  # fmt: skip
_SCHEME = regex(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def check(context: Context) -> Violations:
    """URIs without a scheme, and with one that no ClusterStorageContainer of the input takes."""
    own = {
        text(one.get("prefix"))
        for container in context.bundle.of_kind("ClusterStorageContainer", "serving.kserve.io")
        for _, one in maps(container.get("spec", "supportedUriFormats"))
    }
    for service in context.bundle.of_kind("InferenceService", "serving.kserve.io"):
        predictor = as_dict(service.get("spec", "predictor"))
        for framework, given in predictor.items():
            uri = text(as_dict(given).get("storageUri"))
            if (
                not uri
                or not plain(uri)
                or any(prefix and uri.startswith(prefix) for prefix in own)
            ):
                continue
            found = _SCHEME.match(uri)
            place = Place(service, ("spec", "predictor", framework, "storageUri"))
            if found is None and not uri.startswith("/"):
                yield violation(f"{uri} has no scheme such as s3:// or hf://", place)
            elif found is not None and found[1] not in _SCHEMES:
                yield violation(
                    f"KServe does not support {found[1]}://", place, severity=Severity.WARNING
                )
