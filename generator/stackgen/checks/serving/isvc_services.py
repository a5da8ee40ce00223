"""The Services and the Pods that KServe makes of InferenceServices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, text
from stackgen.manifest.resource import Resource
from stackgen.net.selectors import given_by_controllers, labels_of
from stackgen.platforms.kserve.predictor_pods import MODE, WITHOUT_KNATIVE
from stackgen.record import record

_PARTS = ("predictor", "transformer", "explainer")
# KServe, Knative and Istio give Pods labels with these in their keys.
_GIVEN = ("kserve.io/", "knative.dev/", "istio.io/")


@record
class PredictorService:
    """The Service of a predictor. by: the InferenceService."""

    by: Resource
    name: str
    labels: Mapping[str, str]


def predictor_services(context: Context) -> list[PredictorService]:
    """Those of which the manifest names the mode. Source: KServe 0.17, service_reconciler.go."""
    found = []
    for service in context.bundle.of_kind("InferenceService", "serving.kserve.io"):
        mode = text(as_dict(service.metadata.get("annotations")).get(MODE))
        if mode in WITHOUT_KNATIVE and service.get("spec", "predictor") is not None:
            own = as_dict(service.metadata.get("labels"))
            labels = {"serving.kserve.io/inferenceservice": service.name, "component": "predictor"}
            found.append(PredictorService(service, f"{service.name}-predictor", {**own, **labels}))
    return found


def no_pod_has(service: Resource, wanted: Mapping[str, Any]) -> bool:
    """Whether it is certain that no Pod of an InferenceService has all of the labels.

    Its own labels, and those of its parts, become labels of the Pods, and a ServingRuntime may add
    to them. `app` is isvc.NAME-PART without Knative, whatever else is asked for. Source: KServe
    v0.15 to 0.17, predictor.go and deployment_reconciler.go.
    """
    parts = [as_dict(service.get("spec", part)) for part in _PARTS]
    own = {x for of in (service.metadata, *parts) for x in labels_of(of).items()}
    # A predictor that is written as a Pod runs without a ServingRuntime.
    known = isinstance(parts[0].get("containers"), list) and "model" not in parts[0]
    raw = text(as_dict(service.metadata.get("annotations")).get(MODE)) in WITHOUT_KNATIVE
    for key, value in ((str(key), str(value)) for key, value in wanted.items()):
        if key == "app":
            made = value.startswith("isvc.") or any(
                f"{service.name}-{part}" in value for part in _PARTS
            )
            if not made and (raw or (known and (key, value) not in own)):
                return True
        elif known and (key, value) not in own and not _given(key):
            return True
    return False


def _given(key: str) -> bool:
    return key == "component" or given_by_controllers(key) or any(x in key for x in _GIVEN)
