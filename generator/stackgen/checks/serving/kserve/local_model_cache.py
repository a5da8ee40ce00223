"""A LocalModelCache that no server reads, or that its node group has no room for."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.kserve.isvc_runtime import GROUP
from stackgen.escape import visible
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_list, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.spelling import nearest_model

_URIS = (
    ("InferenceService", ("spec", "predictor", "model", "storageUri")),
    ("LLMInferenceService", ("spec", "model", "uri")),
)
_VARIANT = regex(r"(?:[-_](?:instruct|chat|it|base|v\d+(?:\.\d+)*))*(?:(?<!/):[\w.-]+)?\Z")
_CLAIM = ("spec", "persistentVolumeClaimSpec")
_VOLUME = ("spec", "persistentVolumeSpec")


def check(context: Context) -> Violations:
    """One finding for each cache, and for each field of a node group."""
    groups = {one.name: one for one in context.bundle.of_kind("LocalModelNodeGroup", GROUP)}
    for kind in ("LocalModelCache", "LocalModelNamespaceCache"):
        for cache in context.bundle.of_kind(kind, GROUP):
            yield from _unread(context, cache)
            for name in as_list(cache.get("spec", "nodeGroups")):
                if text(name) in groups:
                    yield from _large(cache, groups[text(name)])
    for group in groups.values():
        yield from _unbound(group)


def _unread(context: Context, cache: Resource) -> Violations:
    """No server has the model of the cache, and one has almost its name."""
    source = text(cache.get("spec", "sourceModelUri")).rstrip("/")
    used = [
        (service, path, text(service.get(*path)))
        for kind, path in _URIS
        for service in context.bundle.of_kind(kind, GROUP)
        if cache.namespace in ("", service.namespace)
    ]
    if not plain(source) or any(f"{uri}/".startswith(f"{source}/") for _, _, uri in used):
        return
    uris = sorted({uri for _, _, uri in used if uri and plain(uri)})
    meant = next((uri for uri in uris if _stem(uri) == _stem(source)), nearest_model(source, uris))
    for service, path, uri in used:
        if uri == meant:
            yield violation(
                f"no server reads {visible(source)}: {service.kind} {service.name} has "
                f"{visible(uri)}",
                Place(cache, ("spec", "sourceModelUri")),
                Place(service, path),
            )
            return


def _stem(uri: str) -> str:
    """The URI without its revision, and without the version and the variant of the model."""
    return _VARIANT.sub("", uri.lower())


def _large(cache: Resource, group: Resource) -> Violations:
    size, limit = cache.get("spec", "modelSize"), group.get("spec", "storageLimit")
    least, most = number(size), number(limit)
    if least is not None and most is not None and least > most:
        yield violation(
            f"the model has {size}, and storageLimit of LocalModelNodeGroup {group.name} is "
            f"{limit}",
            Place(cache, ("spec", "modelSize")),
            Place(group, ("spec", "storageLimit")),
        )


def _unbound(group: Resource) -> Violations:
    """The claim that KServe makes of a group does not bind to the volume that it makes."""
    for path in (("storageClassName",), ("volumeMode",)):
        asked, offered = group.get(*_CLAIM, *path), group.get(*_VOLUME, *path)
        if asked is not None and offered is not None and asked != offered:
            yield violation(
                f"{path[-1]} of the claim is {asked}, and that of the volume is {offered}",
                Place(group, (*_CLAIM, *path)),
                severity=Severity.ERROR,
            )
    want = ("resources", "requests", "storage")
    asked, offered = group.get(*_CLAIM, *want), group.get(*_VOLUME, "capacity", "storage")
    least, most = number(asked), number(offered)
    if least is not None and most is not None and least > most:
        yield violation(
            f"the claim requests {asked}, and the volume has {offered}",
            Place(group, (*_CLAIM, *want)),
            severity=Severity.ERROR,
        )
