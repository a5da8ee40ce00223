"""An InferenceService that is to scale to zero in a mode that cannot."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.predictor_pods import MODE, WITHOUT_KNATIVE

_SCALER = "serving.kserve.io/autoscalerClass"


def check(context: Context) -> Violations:
    """One finding for each minReplicas of 0, unless KEDA or something else scales."""
    for service in context.bundle.of_kind("InferenceService", "serving.kserve.io"):
        annotations = as_dict(service.metadata.get("annotations"))
        mode, scaler = text(annotations.get(MODE)), text(annotations.get(_SCALER)) or "hpa"
        path = ("spec", "predictor", "minReplicas")
        if mode in WITHOUT_KNATIVE and scaler == "hpa" and service.get(*path) == 0:
            yield violation(
                f"minReplicas is 0, but mode {mode} keeps at least one replica",
                Place(service, path),
            )
