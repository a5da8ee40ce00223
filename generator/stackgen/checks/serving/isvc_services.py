"""The Services that KServe makes of InferenceServices in the mode without Knative."""

from __future__ import annotations

from collections.abc import Mapping

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, text
from stackgen.manifest.resource import Resource
from stackgen.record import record

MODE = "serving.kserve.io/deploymentMode"
# Modes with a Deployment and a HorizontalPodAutoscaler. Knative's is Serverless or Knative.
WITHOUT_KNATIVE = ("RawDeployment", "Standard")


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
