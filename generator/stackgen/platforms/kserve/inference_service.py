"""The Pods of an InferenceService, KServe's older kind, as facts about accelerator workloads.

The predictor is a Pod spec with one container more, `model`, to which a ServingRuntime adds image,
command and probes. A predictor with containers of its own runs as it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, text
from stackgen.facts.templates import containers, count
from stackgen.facts.workloads import Container, Count, Service, Workload
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.kserve.serving_runtime import MODEL, PREDICTOR, served
from stackgen.platforms.kserve.workloads import PLATFORM

INFERENCE_SERVICE = "InferenceService"
STORAGE_URI = (*MODEL, "storageUri")
WORKERS = (*PREDICTOR, "workerSpec")


def described(bundle: Bundle, resource: Resource) -> Iterator[Workload]:
    """The predictor of a service, and the further hosts of each of its groups."""
    resource = served(bundle).get(id(resource), resource)
    predictor = resource.get(*PREDICTOR)
    if not isinstance(predictor, dict):
        return
    several = isinstance(resource.get(*WORKERS), dict)
    size = _group_size(resource) if several else Count(1, ())
    replicas = count(resource, (*PREDICTOR, "minReplicas"), 1)
    yield _workload(resource, PREDICTOR, predictor, "leader" if several else "", replicas, size)
    if several:
        yield _workload(
            resource, WORKERS, resource.get(*WORKERS), "worker", replicas, size, grouped=True
        )


def _workload(
    resource: Resource, path: tuple[str, ...], spec: dict[str, Any], part: str,
    replicas: Count, size: Count, grouped: bool = False,
) -> Workload:  # fmt: skip
    own = containers(resource, path, spec)
    model = resource.get(*MODEL) if path == PREDICTOR else None
    known = resource.pieces is not None
    if isinstance(model, dict) and not known:
        own = (Container(resource, MODEL, model, engine=_runs_vllm(model)), *own)
    return Workload(
        resource, path, spec, part, own, replicas, size,
        grouped=grouped or part == "leader",
        # The ServingRuntime, which may be the cluster's own, adds to `model`.
        whole=path == PREDICTOR and (known or not isinstance(model, dict)) and bool(own),
        service=_service(model, known, own[0]) if isinstance(model, dict) and own else None,
    )  # fmt: skip


def _service(model: dict[str, Any], known: bool, server: Container) -> Service:
    """What KServe adds to the predictor.

    A ServingRuntime may split the model over the devices. KServe's own of Hugging Face does not: it
    leaves that to the arguments of the service. It runs vLLM in itself for the models that vLLM
    supports, unless --backend asks for another. Source: kserve/kserve, python/huggingfaceserver.
    """
    own = (text(model.get("runtime")), text(as_dict(model.get("modelFormat")).get("name")))
    hugging_face = own in (("", "huggingface"), ("kserve-huggingfaceserver", "huggingface"))
    asked = server.line.text("backend") in (None, "auto", "vllm") and not model.get("command")
    most = (*PREDICTOR, "maxReplicas")
    return Service(
        PLATFORM, STORAGE_URI, most, splits=not hugging_face and not known, downloads=True,
        inside=hugging_face and not known and asked,
    )  # fmt: skip


def _runs_vllm(model: dict[str, Any]) -> bool:
    """Whether the runtime that the model asks for is one of vLLM, by its name."""
    names = (text(model.get("runtime")), text(as_dict(model.get("modelFormat")).get("name")))
    return any("vllm" in name.lower() for name in names)


def _group_size(resource: Resource) -> Count:
    path = (*WORKERS, "pipelineParallelSize")
    value = resource.get(*path)
    return Count(whole(value) if value is not None else None, path)
