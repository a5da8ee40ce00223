"""A boot disk that does not hold the model's download."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import place_of
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.plan.nodes import GB, allocatable_disk, disk_for
from stackgen.plan.quantity import gib

RULE = Rule(
    id="boot-disk-too-small",
    family="tpu",
    severity=Severity.ERROR,
    summary="The boot disk of a pool leaves less than a model server asks for.",
    impact="The pod stays Pending: no node has the ephemeral storage that its download takes.",
    remedy="Raise `diskSizeGb` of the pool, or serve the model from a volume (pvc://).",
    source="gke.yaml#boot-disk; the download is reckoned in sizing.yaml",
    bad="{name: tpu, accelerator: v6e, topology: 2x4, diskSizeGb: 100}   # and a model of 131 GiB",
    good="{name: tpu, accelerator: v6e, topology: 2x4, diskSizeGb: 350}",
    why="Every host downloads the model to its own disk, of which GKE keeps a part.",
)


def check(context: Context) -> Iterator[Finding]:
    """One finding for each model; a warning where the size of the disk is GKE's own choice."""
    if context.plan is None or context.loaded is None:
        return
    disk = (context.catalog or Catalog()).copy().gke("boot-disk").data
    for model in context.plan.models:
        if model.spec.model.value.startswith("pvc://"):
            continue
        size = model.pool.spec.diskSizeGb
        given = size.value if size.value is not None else disk["default_gb"]
        left = allocatable_disk(given * GB / 2**30, disk)
        asked = gib(model.ephemeral_storage.value)
        if asked <= left:
            continue
        usual = "" if size.value is not None else ", the usual size,"
        yield RULE.finding(
            f"{model.spec.name.value} asks for {model.ephemeral_storage.value} of disk; a boot "
            f"disk of {given} GB{usual} leaves {left:.0f}Gi to pods",
            place_of(context, size if size.value is not None else model.pool.spec.name),
            place_of(context, model.spec.model, note="downloaded"),
            remedy=f"Set diskSizeGb of {model.pool.spec.name.value} to {disk_for(asked, disk)}.",
            severity=None if size.value is not None else Severity.WARNING,
            confidence=None if size.value is not None else "medium",
        )
