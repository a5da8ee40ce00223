"""Which pods the objects of a bundle make, and what is known about them."""

from __future__ import annotations

import pytest

from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.net import addresses as a
from stackgen.net.model import Pod
from stackgen.net.workloads import namespaces_of, pods_of

POD = "{metadata: {labels: {app: a}}, spec: {containers: [{name: c}]}}"


def read(text: str) -> list[Resource]:
    return [Resource(d.data, "a.yaml", document=d) for d in parse(text, "a.yaml")]


def pods(text: str) -> list[Pod]:
    return pods_of(Bundle(tuple(read(text))))


@pytest.mark.parametrize(
    ("api", "kind", "spec"),
    [
        ("apps/v1", "Deployment", f"{{template: {POD}}}"),
        ("apps/v1", "StatefulSet", f"{{template: {POD}}}"),
        ("apps/v1", "DaemonSet", f"{{template: {POD}}}"),
        ("apps/v1", "ReplicaSet", f"{{template: {POD}}}"),
        ("v1", "ReplicationController", f"{{template: {POD}}}"),
        ("batch/v1", "Job", f"{{template: {POD}}}"),
        ("batch/v1", "CronJob", f"{{jobTemplate: {{spec: {{template: {POD}}}}}}}"),
    ],
)
def test_pods_of_workloads(api: str, kind: str, spec: str) -> None:
    (found,) = pods(f"{{apiVersion: {api}, kind: {kind}, metadata: {{name: one}}, spec: {spec}}}")
    assert str(found) == f"default/one[{kind}]"
    assert found.labels == {"app": "a"}


def test_pods_that_another_object_owns_are_counted_once() -> None:
    text = (
        "{apiVersion: apps/v1, kind: ReplicaSet, "
        "metadata: {name: one, ownerReferences: [{name: d}]}, "
        f"spec: {{template: {POD}}}}}"
    )
    assert pods(text) == []


def test_leader_and_workers_have_labels_of_their_own() -> None:
    leader, worker = pods("""\
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: one, namespace: x}
spec:
  leaderWorkerTemplate:
    leaderTemplate: {metadata: {labels: {role: leader}}}
    workerTemplate: {metadata: {labels: {role: worker}}}
""")
    assert (leader.name, leader.labels["role"]) == ("one-leader", "leader")
    assert (worker.name, worker.labels["role"]) == ("one", "worker")


def test_ports_address_and_host_network_of_a_pod() -> None:
    (found,) = pods("""\
apiVersion: v1
kind: Pod
metadata: {name: one, namespace: x, labels: {app: a}}
spec:
  hostNetwork: true
  initContainers: [{name: i, ports: [{name: early, containerPort: 1}]}]
  containers:
  - name: c
    ports:
    - {name: web, containerPort: 80}
    - {containerPort: 81}
    - {name: dns, containerPort: 53, protocol: UDP}
status: {podIP: 10.0.0.7}
""")
    assert found.ports == {("TCP", "early"): 1, ("TCP", "web"): 80, ("UDP", "dns"): 53}
    assert found.host_network
    assert found.addresses == a.network("10.0.0.7/32")


SERVICE = (
    "{{apiVersion: serving.kserve.io/v1alpha1, kind: LLMInferenceService, "
    "metadata: {{name: one, namespace: x}}, spec: {{{}}}}}"
)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("", ["one-kserve:model:workload:both"]),
        ("router: {scheduler: {}}", [
            "one-kserve:model:workload:both", "one-kserve-router-scheduler:scheduler::",
        ]),
        ("router: {scheduler: {pool: {ref: {name: p}}}}", ["one-kserve:model:workload:both"]),
        ("template: {}, worker: {}", [
            "one-kserve-mn:model:workload:both", "one-kserve-mn-worker:model-worker::",
        ]),
        ("worker: {}", ["one-kserve-mn:model:workload:both"]),
        ("prefill: {}", [
            "one-kserve:model:workload:decode", "one-kserve-prefill:model-prefill:workload:prefill",
        ]),
    ],
)  # fmt: skip
def test_pods_that_kserve_makes(spec: str, found: list[str]) -> None:
    shown = [
        f"{x.name}:{x.role}:{x.labels.get('kserve.io/component', '')}:"
        f"{x.labels.get('llm-d.ai/role', '')}"
        for x in pods(SERVICE.format(spec))
    ]
    assert shown == found


def test_every_pod_of_a_service_carries_its_name() -> None:
    for pod in pods(SERVICE.format("router: {scheduler: {}}, prefill: {worker: {}}, worker: {}")):
        assert pod.labels["app.kubernetes.io/name"] == "one"
        assert pod.labels["app.kubernetes.io/part-of"] == "llminferenceservice"


def test_istio_makes_pods_of_its_gateways_alone() -> None:
    text = (
        "{{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, "
        "metadata: {{name: g, namespace: x}}, spec: {{gatewayClassName: {}, "
        "infrastructure: {{labels: {{team: ml}}}}}}}}"
    )
    (found,) = pods(text.format("istio"))
    assert found.labels["gateway.networking.k8s.io/gateway-name"] == "g"
    assert found.labels["team"] == "ml"
    assert pods(text.format("gke-l7-rilb")) == []


def test_namespaces_have_the_label_of_their_name() -> None:
    found = namespaces_of(read("{apiVersion: v1, kind: Namespace, metadata: {name: one}}"))
    assert found["one"].labels == {"kubernetes.io/metadata.name": "one"}


def test_a_config_that_a_service_names_makes_pods_too() -> None:
    config = (
        "{apiVersion: serving.kserve.io/v1alpha1, kind: LLMInferenceServiceConfig, metadata: "
        "{name: group, namespace: x}, spec: {template: {}, worker: {}, router: {scheduler: {}}}}"
    )
    service = SERVICE.format("baseRefs: [{name: group}]")
    assert {p.role for p in pods(f"{config}\n---\n{service}")} == {
        "model", "model-worker", "scheduler"
    }  # fmt: skip


def test_pods_of_a_service_have_the_ports_and_the_network_of_its_template() -> None:
    spec = (
        "template: {hostNetwork: true, containers: "
        "[{name: main, ports: [{name: extra, containerPort: 9}]}]}, router: {scheduler: {}}"
    )
    server, picker = pods(SERVICE.format(spec))
    assert server.ports[("TCP", "extra")] == 9
    assert server.host_network and not picker.host_network
    assert {("TCP", "grpc"): 9002, ("TCP", "metrics"): 9090}.items() <= picker.ports.items()


def test_the_pods_of_a_service_that_is_stopped_are_not_there() -> None:
    text = SERVICE.format("").replace(
        "name: one,", "name: one, annotations: {serving.kserve.io/stop: 'true'},"
    )
    assert pods(text) == []


def test_long_names_are_cut_as_the_controller_cuts_them() -> None:
    name = "a" * 60
    (pod,) = pods(SERVICE.format("").replace("name: one", f"name: {name}"))
    assert len(pod.name) == 63 and pod.name.endswith("-kserve")
    assert pod.labels["app.kubernetes.io/name"] == name


@pytest.mark.parametrize(
    ("api", "spec", "made"),
    [
        ("gateway.networking.k8s.io/v1", "{gatewayClassName: istio}", 1),
        ("gateway.networking.k8s.io/v1", "{gatewayClassName: gke-l7-rilb}", 0),
        ("gateway.networking.k8s.io/v1", "{}", 0),
        # Istio's own kind of this name configures pods that others make.
        ("networking.istio.io/v1", "{gatewayClassName: istio}", 0),
    ],
)
def test_which_gateways_are_pods(api: str, spec: str, made: int) -> None:
    found = pods(f"{{apiVersion: {api}, kind: Gateway, metadata: {{name: edge}}, spec: {spec}}}")
    assert len(found) == made


PREDICTOR = """\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: a, namespace: x, labels: {team: t}, annotations: %s}
spec:
  predictor: {labels: {tier: p}, model: {modelFormat: {name: f}, runtime: r, storageUri: %s}}
  transformer: {containers: [{name: c, ports: [{name: http, containerPort: 8081}]}]}
"""
RAW = "{serving.kserve.io/deploymentMode: Standard}"


def test_the_pods_of_an_inference_service_are_known_in_part() -> None:
    predictor, transformer = pods(PREDICTOR % (RAW, "gs://m/a"))
    assert str(predictor) == "x/a-predictor[InferenceService]"
    own = {"team": "t", "serving.kserve.io/inferenceservice": "a"}
    assert predictor.labels == {
        **own, "tier": "p", "component": "predictor", "app": "isvc.a-predictor",
    }  # fmt: skip
    assert transformer.labels == {**own, "component": "transformer", "app": "isvc.a-transformer"}
    assert transformer.ports == {("TCP", "http"): 8081}
    assert not predictor.complete and transformer.complete
    assert not predictor.ports_known and transformer.ports_known
    assert predictor.spec["initContainers"][0]["args"] == ["gs://m/a", "/mnt/models"]


def test_without_a_mode_the_label_app_of_a_predictor_is_not_known() -> None:
    assert "app" not in pods(PREDICTOR % ("{}", "gs://m/a"))[0].labels


def test_a_stopped_service_has_no_pods() -> None:
    assert pods(PREDICTOR % ('{serving.kserve.io/stop: "true"}', "gs://m/a")) == []


def test_the_pods_of_a_service_bear_labels_and_ports_of_its_runtime() -> None:
    runtime = """\
---
apiVersion: serving.kserve.io/v1alpha1
kind: ServingRuntime
metadata: {name: r, namespace: x}
spec:
  labels: {gen: v6e}
  containers: [{name: kserve-container, image: i, ports: [{name: h, containerPort: 8000}]}]
"""
    predictor = pods(PREDICTOR % (RAW, "gs://m/a") + runtime)[0]
    assert predictor.labels["gen"] == "v6e" and predictor.ports_known
    assert predictor.ports == {("TCP", "h"): 8000}
