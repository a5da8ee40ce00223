"""What a Pod has for the caches of its model: annotations, and the volume of compiled programs."""

from __future__ import annotations

from typing import Any

from stackgen.origin import Because, When
from stackgen.plan.model import ModelPlan, Plan
from stackgen.record import record

_VOLUME = "compile-cache"


@record
class Parts:
    """Of the container: variable and mount. Of the Pod: volume."""

    variable: When
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
    return When(model.cache.fuse, fuse_annotations(plan))


def programs(model: ModelPlan) -> Parts:
    """Where a server keeps what it compiled."""
    kept = model.cache.programs
    rule, why = "model-cache/programs", "later servers read the programs that this one compiled"
    claim = {"name": _VOLUME, "persistentVolumeClaim": {"claimName": kept.name}}
    return Parts(
        When(kept.kept, Because({"name": kept.variable, "value": kept.mount}, rule, why)),
        When(kept.kept, Because(claim, rule, why)),
        When(kept.kept, Because({"name": _VOLUME, "mountPath": kept.mount}, rule, why)),
    )
