"""The ScaledObject that the controller makes of a service that scales by KEDA's own triggers.

Source: kserve/kserve@aaac4e29 pkg/controller/v1alpha2/llmisvc/scaling.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import as_dict
from stackgen.platforms.kserve import names as labels_of
from stackgen.platforms.kserve.names import WORKLOAD_COMPONENT, Names, common, obj
from stackgen.platforms.kserve.release import Controller

FIELD = "scaling.keda"  # of the row of a release whose controller does so
Object = dict[str, Any]


def scaled_object(
    controller: Controller, service: Object, part: Object, target: Object, *, prefill: bool
) -> Iterator[Object]:
    """For a part of a service, whose Pods `target` makes."""
    scaling = as_dict(part.get("scaling"))
    keda = scaling.get("keda")
    if not isinstance(keda, dict) or FIELD not in controller.fields:
        return
    namespace, name = labels_of.name_of(service)
    body = {
        "scaleTargetRef": {
            "apiVersion": target["apiVersion"], "kind": target["kind"],
            "name": target["metadata"]["name"],
        },
        "minReplicaCount": scaling.get("minReplicas", 1),
        "maxReplicaCount": scaling.get("maxReplicas"),
        **keda,
    }  # fmt: skip
    yield obj(
        "keda.sh/v1alpha1", "ScaledObject", namespace,
        Names(name).child("-kserve-prefill-keda" if prefill else "-kserve-keda"),
        common(name, WORKLOAD_COMPONENT), {"spec": body},
    )  # fmt: skip
