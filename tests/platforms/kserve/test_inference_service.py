"""The pods of an InferenceService, as the rules about accelerators see them."""

from __future__ import annotations

from typing import Any

from stackgen.facts.workloads import TPU, Workload
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.kserve.inference_service import described


def workloads(predictor: Any) -> list[Workload]:
    data = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "chat", "namespace": "models"},
        "spec": {"predictor": predictor},
    }
    return list(described(Bundle(()), Resource(data, "chat.yaml")))


def test_the_model_is_a_container_to_which_a_runtime_adds() -> None:
    (found,) = workloads({
        "minReplicas": 2,
        "model": {
            "modelFormat": {"name": "vLLM"},
            "storageUri": "hf://acme/chat",
            "args": ["--tensor-parallel-size=4"],
            "resources": {"limits": {TPU: "4"}},
        },
    })  # fmt: skip
    assert (found.chips, found.replicas.value, found.whole) == (4, 2, False)
    assert found.server is not None and found.server.path == ("spec", "predictor", "model")
    assert found.server.line.number("tensor-parallel-size", 1) == 4
    assert found.service is not None and found.service.model == (
        "spec", "predictor", "model", "storageUri",
    )  # fmt: skip


def test_containers_of_its_own_run_as_they_are_written() -> None:
    image = "vllm/vllm-openai:v0.11.0"
    (found,) = workloads({"containers": [{"name": "kserve-container", "image": image}]})
    assert found.whole and found.service is None and found.containers[0].vllm


def test_a_worker_spec_makes_groups_of_as_many_pods_as_there_are_stages() -> None:
    leader, worker = workloads({
        "model": {"modelFormat": {"name": "huggingface"}, "resources": {"limits": {TPU: 4}}},
        "workerSpec": {"pipelineParallelSize": 3, "containers": [{"name": "worker-container"}]},
    })  # fmt: skip
    assert [w.part for w in (leader, worker)] == ["leader", "worker"]
    assert all(w.grouped and w.size.value == 3 for w in (leader, worker))


def test_what_is_no_predictor_has_no_pods() -> None:
    assert workloads(None) == [] and workloads("text") == []


def test_a_runtime_of_the_input_completes_the_server() -> None:
    runtime = Resource(
        {
            "apiVersion": "serving.kserve.io/v1alpha1",
            "kind": "ServingRuntime",
            "metadata": {"name": "vllm", "namespace": "models"},
            "spec": {
                "containers": [
                    {"name": "exporter", "image": "exporter:1.0"},
                    {
                        "name": "kserve-container",
                        "image": "vllm/vllm-openai:v0.11.0",
                        "args": ["--port=8080", "--served-model-name={{.Name}}"],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                    },
                ],
                "nodeSelector": {"pool": "gpu"},
            },
        },
        "runtime.yaml",
    )
    service = Resource(
        {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": {"name": "chat", "namespace": "models"},
            "spec": {
                "predictor": {
                    "model": {
                        "modelFormat": {"name": "vLLM"},
                        "runtime": "vllm",
                        "args": ["--max-model-len=4096"],
                        "env": [{"name": "B", "value": "3"}],
                    }
                }
            },
        },
        "chat.yaml",
    )
    (workload,) = described(Bundle((runtime, service)), service)
    server, exporter = workload.containers
    line = server.line
    assert [line.text(f) for f in ("port", "served-model-name", "max-model-len")] == [
        "8080", "chat", "4096",
    ]  # fmt: skip
    assert [server.variable(name) for name in "AB"] == ["1", "3"]
    assert exporter.image == "exporter:1.0" and workload.whole
    assert workload.resource.pieces is not None
    written = [workload.resource.pieces(line.flags[f].path) for f in ("port", "max-model-len")]
    assert written == [
        (runtime, ("spec", "containers", 1, "args", 0)),
        (service, ("spec", "predictor", "model", "args", 0)),
    ]
    assert workload.labels["pool"].values == ("gpu",)
