"""The Pods of an InferenceService, as far as it and its ServingRuntime say them.

A ServingRuntime of the cluster may add labels, containers and ports. Source: kserve/kserve v0.15 to
v0.17, predictor.go and deployment_reconciler.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import as_dict, as_list, at, text
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.kserve.serving_runtime import CONTAINER, GROUP, runtime_of, served
from stackgen.platforms.kserve.storage import INITIALIZER, MODEL_MOUNT
from stackgen.platforms.model import PARTS, PredictedPod

MODE = "serving.kserve.io/deploymentMode"
# Modes with a Deployment and a HorizontalPodAutoscaler. Knative's is Serverless or Knative.
WITHOUT_KNATIVE = ("RawDeployment", "Standard")
_NAME = "serving.kserve.io/inferenceservice"
_STOP = "serving.kserve.io/stop"
# Objects by which models come from elsewhere than their address says.
_OTHER_SOURCES = ("LocalModelCache", "LocalModelNamespaceCache", "ClusterStorageContainer")
# Fields of `model` that its container has as well.
_OF_CONTAINER = ("image", "command", "args", "env", "ports", "resources", "volumeMounts")


def pods(bundle: Bundle, service: Resource) -> Iterator[PredictedPod]:
    """Those of the predictor, of the transformer and of the explainer."""
    merged = served(bundle).get(id(service), service)
    annotations = as_dict(service.metadata.get("annotations"))
    if text(annotations.get(_STOP)) == "true":
        return
    for part in PARTS:
        spec = merged.get("spec", part)
        if not isinstance(spec, dict):
            continue
        name = f"{service.name}-{part}"
        labels = {**_labels(service.metadata), **_labels(spec), _NAME: service.name}
        labels["component"] = part
        raw = text(annotations.get(MODE)) in WITHOUT_KNATIVE
        if raw:
            labels["app"] = f"isvc.{name}"
        template: dict[str, Any] = {"metadata": {"labels": labels}, "spec": spec}
        known = True
        if part == "predictor":
            runtime = runtime_of(bundle, service)
            if runtime is not None:
                template["metadata"]["labels"] = {**_labels(runtime.get("spec")), **labels}
            loads = not any(True for kind in _OTHER_SOURCES for _ in bundle.of_kind(kind, GROUP))
            template["spec"], known = _predictor(spec, merged is not service, loads)
        # The runtimes that KServe installs give Pods no labels.
        own = known or text(at(spec, "model", "runtime")).startswith("kserve-")
        yield PredictedPod(name, service.kind, part, template, known, raw and own)


def _labels(holder: Any) -> dict[str, Any]:
    return as_dict(as_dict(holder).get("labels"))


def _predictor(spec: dict[str, Any], merged: bool, downloads: bool) -> tuple[dict[str, Any], bool]:
    """The Pod spec of a predictor, and whether all of its containers are known.

    downloads: its initializer asks the source of the model. The address of an object store in S3's
    protocol is not known.
    """
    model = as_dict(spec.get("model"))
    found = {key: value for key, value in spec.items() if key != "model"}
    if model and not merged:
        server = {key: model[key] for key in _OF_CONTAINER if key in model}
        found["containers"] = [{"name": CONTAINER, **server}, *as_list(spec.get("containers"))]
    uri = text(model.get("storageUri"))
    if downloads and uri.startswith(("hf://", "gs://")):
        first = {"name": INITIALIZER, "args": [uri, MODEL_MOUNT]}
        found["initContainers"] = [first, *as_list(found.get("initContainers"))]
    return found, merged or not model
