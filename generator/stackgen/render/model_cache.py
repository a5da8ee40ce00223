"""What a Pod has for the caches of its model: annotations, and the volume of compiled programs."""

from __future__ import annotations

from typing import Any

from stackgen.origin import Because, When, all_of, any_of
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.slices import is_dynamic
from stackgen.record import record
from stackgen.render import groups
from stackgen.render.dynamic_slices import slice_annotations

_VOLUME, _POD = "compile-cache", "POD_NAME"


@record
class Parts:
    """Of the container: variables and mount. Of the Pod: volume."""

    variables: tuple[When, ...]
    volume: When
    mount: When


def fuse_annotations(plan: Plan) -> dict[str, Any]:
    """Annotations of Pods that mount a bucket: GKE adds the sidecar that reads it."""
    row = plan.catalog.gke("gcs-fuse")
    limits = dict.fromkeys(row.data["limits"], "0")
    why = "GKE adds the sidecar that reads the bucket; its usual limits are too low for a model"
    return {row.data["annotation"]: Because("true", "model-cache/fuse", why), **limits}


def annotated(plan: Plan, model: ModelPlan) -> When:
    """The annotations of the servers."""
    fuse = {key: When(model.cache.fuse, said) for key, said in fuse_annotations(plan).items()}
    some = any_of(model.cache.fuse, is_dynamic(model.pool.spec))
    return When(some, {**fuse, **slice_annotations(model)})


def programs(model: ModelPlan) -> Parts:
    """Where a server keeps what it compiled."""
    kept = model.cache.programs
    rule, why = "model-cache/programs", "later servers read the programs that this one compiled"
    claim = {"name": _VOLUME, "persistentVolumeClaim": {"claimName": kept.name}}
    hosts = groups.several(model)
    apart = "each host of a group has a folder of its own: they would overwrite each other's files"
    field = {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    own = When(hosts, Because(f"$({_POD})", rule, apart))
    return Parts(
        (
            When(all_of(kept.kept, hosts), Because({"name": _POD, **field}, rule, apart)),
            When(kept.kept, Because({"name": kept.variable, "value": kept.mount}, rule, why)),
        ),
        When(kept.kept, Because(claim, rule, why)),
        When(kept.kept, Because(
            {"name": _VOLUME, "mountPath": kept.mount, "subPathExpr": own}, rule, why
        )),
    )  # fmt: skip
