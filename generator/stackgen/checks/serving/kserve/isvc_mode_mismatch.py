"""A deployment mode that KServe does not have, and fields that a mode ignores."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.predictor_pods import MODE, WITHOUT_KNATIVE
from stackgen.spelling import did_you_mean

_MODES = (*WITHOUT_KNATIVE, "Knative", "Serverless", "ModelMesh", "ModelMeshDeployment")
_SCALER = "serving.kserve.io/autoscalerClass"
_OF_KNATIVE = ("concurrency", "rps")


def check(context: Context) -> Violations:
    """One finding for each annotation or field."""
    for service in context.bundle.of_kind("InferenceService", "serving.kserve.io"):
        mode = text(at(service.metadata, "annotations", MODE))
        if mode and plain(mode) and mode not in _MODES:
            yield violation(
                f"KServe has no deployment mode {visible(mode)}{did_you_mean(mode, _MODES)}; it "
                "takes the default of the installation",
                Place(service, ("metadata", "annotations", MODE)),
            )
        if mode not in WITHOUT_KNATIVE:
            continue
        scaler = text(at(service.metadata, "annotations", _SCALER))
        for part in ("predictor", "transformer", "explainer"):
            given = as_dict(service.get("spec", part))
            metric = given.get("scaleMetric")
            if metric in _OF_KNATIVE and scaler in ("", "hpa"):
                yield violation(
                    f"scaleMetric is {metric}, which Knative measures; in mode "
                    f"{mode} the metrics are cpu and memory",
                    Place(service, ("spec", part, "scaleMetric")),
                )
            if given.get("canaryTrafficPercent") is not None:
                yield violation(
                    f"canaryTrafficPercent has no effect in mode {mode}",
                    Place(service, ("spec", part, "canaryTrafficPercent")),
                )
