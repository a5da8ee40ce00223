"""A volume that is smaller than the weights that a Job downloads to it."""

from __future__ import annotations

import itertools

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.facts.quantity import QuantityError, in_gib
from stackgen.facts.shape import as_list, at, maps, text
from stackgen.facts.templates import templates
from stackgen.facts.volumes import claims, mount_of
from stackgen.facts.workloads import Workload
from stackgen.findings.model import Place, Violations, violation
from stackgen.plan.dimensions import model_id
from stackgen.plan.model_cache import VOLUMES, size_of

_GIB = 2**30


def check(context: Context) -> Violations:
    """The sizes of the spec, and of claims under Jobs that download a known model."""
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
    if context.plan is None:
        for job in context.bundle.of_kind("Job", "batch"):
            for workload in templates(job, {}):
                yield from _downloads(context, workload)


def _downloads(context: Context, workload: Workload) -> Violations:
    """Containers whose arguments are the address of a model and a folder, one after the other."""
    for container in workload.containers:
        words = [str(word) for word in as_list(container.data.get("args"))]
        for uri, folder in itertools.pairwise(words):
            row = context.catalog.model(model_id(uri)) if uri.startswith("hf://") else None
            mount = mount_of(container, folder) if row is not None else None
            if row is None or mount is None or "load_bytes" not in row.data:
                continue
            wanted, name = row.data["load_bytes"] / _GIB, text(mount[1].get("name"))
            named = {
                text(at(v, "persistentVolumeClaim", "claimName"))
                for _, v in maps(workload.spec.get("volumes")) if v.get("name") == name
            }  # fmt: skip
            for claim in claims(workload, context.bundle):
                size = text(at(claim.data, "resources", "requests", "storage"))
                # A volume that the claim names has a size of its own, or is a bucket.
                bound = text(at(claim.data, "volumeName"))
                if claim.name in named and not bound and 0 < _gib(size) < wanted:
                    yield violation(
                        f"claim {claim.name} requests {size}, but the weights of {row.key} "
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
