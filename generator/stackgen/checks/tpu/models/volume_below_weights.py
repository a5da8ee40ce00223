"""A volume that is smaller than the weights that a container downloads to it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.facts.containers import containers
from stackgen.facts.downloads import downloads
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.quantity import QuantityError, in_gib
from stackgen.facts.shape import as_list, at, text
from stackgen.facts.templates import templates
from stackgen.facts.volumes import claims, mount_of, volumes
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.plan.dimensions import model_id
from stackgen.plan.model_cache import VOLUMES, size_of

_GIB = 2**30
_EPHEMERAL: Path = (
    "ephemeral", "volumeClaimTemplate", "spec", "resources", "requests", "storage",
)  # fmt: skip


def check(context: Context) -> Violations:
    """The sizes of the spec, and of volumes of Pods that download known models."""
    for model in context.plan.models if context.plan is not None else ():
        given, load = model.spec.modelCache.sizeGb, model.load_gib.value
        if given.value is not None and model.cache.type.value in VOLUMES and given.value < load:
            yield violation(
                f"{model.spec.name.value} has modelCache.sizeGb {given.value}, but its weights "
                f"need {load:.1f} GiB",
                place_of(context, given),
                remedy="Remove `modelCache.sizeGb`, or raise it to "
                f"{size_of(model.load_gib, context.catalog).value}.",
            )
    for resource in context.bundle.objects if context.plan is None else ():
        if any(_models(c) for one in pod_templates(resource) for _, c in containers(one.spec)):
            for workload in templates(resource, {}):
                yield from _too_small(context, workload)


def _models(container: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The models that a container downloads, with the folder.

    That of KServe has the address of a model and a folder as arguments, one after the other.
    """
    words = [str(word) for word in as_list(container.get("args"))]
    pairs = [(model_id(uri), to) for uri, to in itertools.pairwise(words) if uri[:5] == "hf://"]
    return [*pairs, *downloads(container)]


def _too_small(context: Context, workload: Workload) -> Violations:
    """One finding for each volume with less room than all that is downloaded to it."""
    into: dict[str, dict[str, float]] = {}
    for container in workload.containers:
        for model, folder in _models(container.data):
            row, mount = context.catalog.model(model), mount_of(container, folder)
            if row is not None and mount is not None and "load_bytes" in row.data:
                name = text(mount[1].get("name"))
                into.setdefault(name, {})[row.key] = row.data["load_bytes"] / _GIB
    for path, volume in volumes(workload):
        models = into.get(text(volume.get("name")), {})
        wanted, shown = sum(models.values()), " and ".join(models)
        limit = text(at(volume, "emptyDir", "sizeLimit"))
        if limit and 0 < _gib(limit) < wanted:
            yield violation(
                f"volume {text(volume.get('name'))} has room for {limit}, but the weights of "
                f"{shown} need {wanted:.1f} GiB",
                Place(workload.resource, (*path, "emptyDir", "sizeLimit")),
            )
        size = text(at(volume, *_EPHEMERAL))
        if size and 0 < _gib(size) < wanted:
            yield violation(
                f"volume {text(volume.get('name'))} requests {size}, but the weights of "
                f"{shown} need {wanted:.1f} GiB",
                Place(workload.resource, (*path, *_EPHEMERAL)),
            )
        named = text(at(volume, "persistentVolumeClaim", "claimName"))
        for claim in claims(workload, context.bundle) if wanted and named else ():
            size = text(at(claim.data, "resources", "requests", "storage"))
            # A volume that the claim names has a size of its own, or is a bucket.
            bound = text(at(claim.data, "volumeName"))
            if claim.name == named and not bound and 0 < _gib(size) < wanted:
                yield violation(
                    f"claim {claim.name} requests {size}, but the weights of {shown} "
                    f"need {wanted:.1f} GiB",
                    Place(claim.resource, ("spec", "resources", "requests", "storage")),
                    claim.place(note="mounted here"),
                )


def _gib(quantity: str) -> float:
    """GiB of a quantity; 0 for what is none."""
    try:
        return in_gib(quantity)
    except QuantityError:
        return 0.0
