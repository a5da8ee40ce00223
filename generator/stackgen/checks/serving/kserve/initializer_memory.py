"""A storage initializer with little memory for the model that it downloads."""

from __future__ import annotations

import json
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.model_name import least_by
from stackgen.facts.quantity import GIB, number
from stackgen.facts.shape import as_dict, at, maps, named, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record

_GROUP = "serving.kserve.io"
_INITIALIZER = "storage-initializer"
_LIMIT = ("resources", "limits", "memory")
# Reports of OOMKilled downloads start at about 20 times the limit; 7 times works.
_MOST = 16


@record
class _Limit:
    """The memory of storage initializers, in bytes, and where it is written."""

    bytes: float
    place: Place


def check(context: Context) -> Violations:
    """One finding for each service whose model and whose initializer's limit are known."""
    common = _common(context)
    for kind, path in (
        ("InferenceService", ("spec", "predictor", "model", "storageUri")),
        ("LLMInferenceService", ("spec", "model", "uri")),
    ):
        for service in context.bundle.of_kind(kind, _GROUP):
            uri = text(service.get(*path))
            limit = _own(service) or common
            size = _size(context, uri) if uri.startswith("hf://") and plain(uri) else None
            if limit is not None and size is not None and size > _MOST * limit.bytes:
                yield violation(
                    f"the storage initializer has {limit.bytes / GIB:.1f} GiB of memory for "
                    f"{uri}, which has at least {size / GIB:.0f} GiB",
                    limit.place,
                    Place(service, path, note="downloads this"),
                )


def _own(service: Resource) -> _Limit | None:
    """The limit of an initializer that the service itself describes."""
    for base in (("spec", "template"), ("spec", "predictor")):
        found = named(service.get(*base, "initContainers"), _INITIALIZER)
        if found is not None:
            path: Path = (*base, "initContainers", found[0], *_LIMIT)
            return _limit(at(found[1], *_LIMIT), Place(service, path))
    return None


def _common(context: Context) -> _Limit | None:
    """The limit of all initializers: of the ClusterStorageContainer, else of KServe's ConfigMap."""
    for one in context.bundle.of_kind("ClusterStorageContainer", _GROUP):
        formats = maps(one.get("spec", "supportedUriFormats"))
        if any(item.get("prefix") == "hf://" for _, item in formats):
            path = ("spec", "container", *_LIMIT)
            return _limit(one.get(*path), Place(one, path))
    for config in context.bundle.of_kind("ConfigMap", ""):
        content = text(config.get("data", "storageInitializer"))
        if config.name == "inferenceservice-config" and content:
            place = Place(config, ("data", "storageInitializer"))
            return _limit(_json(content).get("memoryLimit"), place)
    return None


def _json(content: str) -> dict[str, Any]:
    try:
        return as_dict(json.loads(content))
    except (ValueError, RecursionError):
        return {}


def _limit(value: Any, place: Place) -> _Limit | None:
    found = number(value) if value is not None else None
    return _Limit(found, place) if found else None


def _size(context: Context, uri: str) -> float | None:
    """The bytes of a model's weights at the least; None if neither catalog nor name tells."""
    name, catalog = uri.removeprefix("hf://").partition(":")[0], context.catalog.copy()
    row = catalog.model(name)
    if row is not None:
        return float(row.data["load_bytes"])
    sizing = catalog.sizing("model-name").data
    return least_by(sizing, name)
