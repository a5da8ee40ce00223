"""An InferenceService that the webhook of KServe rejects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, as_list, at, maps, number, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

_COMPONENTS = ("predictor", "transformer", "explainer")
_SERVERS = (
    "xgboost", "pytorch", "triton", "sklearn", "tensorflow", "onnx", "pmml", "lightgbm", "paddle",
    "huggingface", "model",
)  # fmt: skip
_SIZES = {
    "PIPELINE_PARALLEL_SIZE": "pipelineParallelSize",
    "TENSOR_PARALLEL_SIZE": "tensorParallelSize",
}
_AUTOSCALER = "serving.kserve.io/autoscalerClass"


def check(context: Context) -> Violations:
    """One finding for each field."""
    for service in context.bundle.of_kind("InferenceService", "serving.kserve.io"):
        for component in _COMPONENTS:
            given = as_dict(service.get("spec", component))
            least, most = number(given.get("minReplicas")), number(given.get("maxReplicas"))
            if least is not None and most and least > most:
                yield violation(
                    f"minReplicas {least} is larger than maxReplicas {most}",
                    Place(service, ("spec", component, "minReplicas")),
                )
        predictor = as_dict(service.get("spec", "predictor"))
        servers = [name for name in predictor if name in _SERVERS and predictor[name] is not None]
        if len(servers) > 1:
            yield violation(
                f"a predictor has one server; this one has {' and '.join(servers)}",
                Place(service, ("spec", "predictor", servers[1]), key=True),
            )
        if text(at(predictor, "model", "name")):
            yield violation(
                "a model has no name of its own; KServe calls it as the service",
                Place(service, ("spec", "predictor", "model", "name")),
            )
        if predictor.get("workerSpec") is not None:
            for path, said in _of_group(service, predictor):
                yield violation(said, Place(service, ("spec", "predictor", *path)))


def _of_group(service: Resource, predictor: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """What a service of several hosts may not have: the path below the predictor, and why."""
    worker, model = as_dict(predictor["workerSpec"]), as_dict(predictor.get("model"))
    if len(as_list(worker.get("containers"))) > 1:
        yield ("workerSpec", "containers"), "workerSpec has several containers; it takes one"
    for name, field in _SIZES.items():
        size = number(worker.get(field))
        if size is not None and size < 1:
            yield ("workerSpec", field), f"{field} is {size}; it is 1 or more"
        for i, variable in maps(model.get("env")):
            if variable.get("name") == name:
                yield ("model", "env", i, "name"), f"{name} is that of workerSpec.{field}"
    uri = text(model.get("storageUri"))
    if model and uri.partition("://")[0] not in ("pvc", "oci") and "$" not in uri:
        where: Path = ("model", "storageUri") if uri else ("model",)
        yield where, f"storageUri is {uri or 'not set'}; with workerSpec it is pvc:// or oci://"
    scaler = text(at(service.metadata, "annotations", _AUTOSCALER))
    if model and scaler != "none":
        said = f"{scaler or 'not set'}; with workerSpec it is none"
        yield ("workerSpec",), f"the annotation {_AUTOSCALER} is {said}"
