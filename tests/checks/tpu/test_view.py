"""Workloads, slices and pools as the rules see them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from stackgen.catalog.load import Catalog
from stackgen.checks.tpu.view import View, view
from stackgen.facts import hardware
from stackgen.facts.quantity import gib, number, whole
from tests.checks.tpu.cases import context, found

SELECTOR: dict[str, Any] = {
    "cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice",
    "cloud.google.com/gke-tpu-topology": "2x2",
}
POD: dict[str, Any] = {
    "nodeSelector": SELECTOR,
    "containers": [{"name": "main", "resources": {"limits": {"google.com/tpu": "4"}}}],
}
KINDS: dict[str, tuple[str, Any]] = {
    "Pod": ("v1", POD),
    "Deployment": ("apps/v1", {"replicas": 2, "template": {"spec": POD}}),
    "StatefulSet": ("apps/v1", {"replicas": 2, "template": {"spec": POD}}),
    "Job": ("batch/v1", {"parallelism": 2, "template": {"spec": POD}}),
    "CronJob": ("batch/v1", {"jobTemplate": {"spec": {"template": {"spec": POD}}}}),
    "JobSet": (
        "jobset.x-k8s.io/v1alpha2",
        {"replicatedJobs": [{"name": "a", "template": {"spec": {"template": {"spec": POD}}}}]},
    ),
    "LeaderWorkerSet": (
        "leaderworkerset.x-k8s.io/v1",
        {"leaderWorkerTemplate": {"size": 2, "workerTemplate": {"spec": POD}}},
    ),
    "LLMInferenceService": ("serving.kserve.io/v1alpha1", {"template": POD}),
    "LLMInferenceServiceConfig": ("serving.kserve.io/v1alpha1", {"template": POD}),
}


def seen(*objects: dict[str, Any], **more: Any) -> View:
    return view(context("---\n".join(yaml.safe_dump(o) for o in objects), **more))


def make(kind: str, spec: Any, **metadata: Any) -> dict[str, Any]:
    version = KINDS[kind][0]
    meta = {"name": "a", "namespace": "n", **metadata}
    return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_with_pods_is_seen(kind: str) -> None:
    given = seen(make(kind, KINDS[kind][1]))
    (workload,) = given.tpu
    assert workload.chips == 4
    target = given.target(workload)
    assert target.generation is not None and target.generation.key == "v6e"
    assert target.hosts == 1
    container = workload.tpu_containers[0]
    assert workload.resource.get(*container.path) == container.data


def test_the_parts_of_a_service() -> None:
    spec = {
        "model": {"uri": "hf://org/m"}, "replicas": 3, "parallelism": {"data": 8, "dataLocal": 2},
        "template": POD, "worker": POD, "prefill": {"replicas": 2, "template": POD},
    }  # fmt: skip
    given = seen(make("LLMInferenceService", spec))
    parts = {w.part: (w.replicas.value, w.size.value, w.grouped) for w in given.tpu}
    assert parts == {"leader": (3, 4, True), "worker": (3, 4, True), "prefill": (2, 1, False)}


def test_a_service_that_inherits_is_not_whole() -> None:
    (workload,) = seen(
        make("LLMInferenceService", {"baseRefs": [{"name": "b"}], "template": POD})
    ).tpu
    assert not workload.whole
    assert workload.replicas.value is None


def test_kserve_appends_flags_only_where_it_starts_the_server() -> None:
    env = [{"name": "VLLM_ADDITIONAL_ARGS", "value": "--dtype=half"}]
    for command, dtype in (([], "half"), (["vllm", "serve", "/mnt/models"], None)):
        container = {**POD["containers"][0], "env": env, "command": command}
        spec = {"template": {**POD, "containers": [container]}}
        (workload,) = seen(make("LLMInferenceService", spec)).tpu
        assert workload.server is not None
        assert workload.server.line.text("dtype") == dtype


def test_the_preset_lies_under_the_probes() -> None:
    probe = {"httpGet": {"path": "/health"}, "initialDelaySeconds": 5}
    container = {**POD["containers"][0], "livenessProbe": probe}
    spec = {"template": {**POD, "containers": [container]}}
    (workload,) = seen(make("LLMInferenceService", spec), release="llm-d-infra-xks-0.15").tpu
    assert workload.server is not None
    merged = workload.server.probe("livenessProbe") or {}
    assert merged["initialDelaySeconds"] == 5
    assert merged["periodSeconds"] == 10
    assert merged["failureThreshold"] == 3
    assert workload.server.probe("startupProbe") is None


@pytest.mark.parametrize(
    ("chips", "selector", "hosts"),
    [
        (8, {}, 1),
        (4, {}, 2),
        (None, {}, None),
        (None, {"cloud.google.com/gke-accelerator-count": "4"}, 2),
        (None, {"node.kubernetes.io/instance-type": "ct6e-standard-8t"}, 1),
    ],
)
def test_what_tells_the_two_shapes_of_2x4_apart(
    chips: int | None, selector: dict[str, str], hosts: int | None
) -> None:
    labels = {**SELECTOR, "cloud.google.com/gke-tpu-topology": "2x4", **selector}
    limits = {"google.com/tpu": chips if chips is not None else "$(CHIPS)"}
    pod = {
        "nodeSelector": labels,
        "containers": [{"name": "a", "resources": {"limits": limits}}],
    }
    given = seen(make("Pod", pod))
    assert given.target(given.tpu[0]).hosts == hosts


def test_every_listed_slice_is_found_and_has_the_recorded_environment() -> None:
    catalog = Catalog()
    for row in catalog.rows("topology"):
        generation = catalog.accelerator(row.data["generation"])
        assert generation is not None
        shapes = hardware.shapes(catalog, generation, row.data["topology"])
        shape = next(s for s in shapes if s.machine == row.data["machine"])
        assert (shape.chips, shape.hosts) == (row.data["chips"], row.data["hosts"])
        env = hardware.environment(generation, row.data["topology"], shape)
        hosts = [int(n) for n in env["TPU_HOST_BOUNDS"].split(",")]
        per_host = [int(n) for n in env["TPU_CHIPS_PER_HOST_BOUNDS"].split(",")]
        assert hosts[0] * hosts[1] * hosts[2] == shape.hosts
        assert per_host[0] * per_host[1] * per_host[2] == shape.per_host


@pytest.mark.parametrize(
    ("topology", "offered"),
    [("8x8x12", True), ("16x16x24", True), ("8x8x10", False), ("8x4x4", False), ("8x8", False)],
)
def test_large_slices_follow_the_rule_of_their_generation(topology: str, offered: bool) -> None:
    catalog = Catalog()
    generation = catalog.accelerator("v5p")
    assert generation is not None
    assert bool(hardware.shapes(catalog, generation, topology)) is offered


def pool(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "container.cnrm.cloud.google.com/v1beta1", "kind": "ContainerNodePool",
        "metadata": {"name": "p", "namespace": "infra"},
        "spec": {"nodeConfig": {"machineType": "ct6e-standard-4t"}, **spec},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "most"),
    [
        ({"location": "us-east5-b", "autoscaling": {"maxNodeCount": 3}}, 3),
        ({"location": "us-east5", "autoscaling": {"maxNodeCount": 3}}, None),
        ({"location": "us-east5", "autoscaling": {"totalMaxNodeCount": 3}}, 3),
        ({"nodeLocations": ["us-east5-a", "us-east5-b"], "autoscaling": {"maxNodeCount": 3}}, 6),
        ({"location": "us-east5-b", "nodeCount": 2}, 2),
        ({"location": "us-east5-b"}, None),
    ],
)
def test_how_many_nodes_a_pool_can_have(spec: dict[str, Any], most: int | None) -> None:
    (found_pool,) = seen(pool(**spec)).pools
    limit = found_pool.limit("max")
    assert (limit[0] if limit else None) == most


def test_pools_take_what_their_labels_allow() -> None:
    given = seen(pool(location="us-east5-b"), make("Pod", POD))
    (workload,) = given.tpu
    assert given.pools_for(workload) == given.tpu_pools
    other = {**POD, "nodeSelector": {**SELECTOR, "cloud.google.com/gke-nodepool": "q"}}
    given = seen(pool(location="us-east5-b"), make("Pod", other))
    assert given.pools_for(given.tpu[0]) == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [("4", 4.0), (4, 4.0), ("250m", 0.25), ("1Gi", 2.0**30), ("1e3", 1000.0), ("1.5k", 1500.0),
     ("$(N)", None), ("four", None), (True, None), (None, None)],
)  # fmt: skip
def test_quantities(text: Any, value: float | None) -> None:
    assert number(text) == value


def test_whole_numbers_and_sizes() -> None:
    assert whole("1.5") is None
    assert whole("3") == 3
    assert gib(2.0**30 * 16) == "16 GiB"
    assert gib(2.0**30 * 5.75) == "5.8 GiB"


ODD: list[Any] = [None, [], "x", 3, {"containers": "x"}, {"containers": [None, 3, {"name": 1}]}]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_objects_of_the_wrong_shape_are_survived(kind: str, odd: Any) -> None:
    shapes = [odd, {"template": odd}, {"template": {"spec": odd}}, {"replicatedJobs": [odd]}]
    objects = [make(kind, spec) for spec in shapes]
    found(context("---\n".join(yaml.safe_dump(o) for o in objects)))


def test_placeholders_are_not_judged() -> None:
    labels = dict.fromkeys(SELECTOR, "{{ .Values.tpu }}")
    container = {"name": "a", "resources": {"limits": {"google.com/tpu": "{{ .Values.n }}"}}}
    pod = {"nodeSelector": labels, "containers": [container]}
    assert found(context(yaml.safe_dump(make("Pod", pod)))) == []
