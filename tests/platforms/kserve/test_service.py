"""What KServe 0.21 renders for models: services, and the way to their endpoint pickers."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.compiler import Compiled
from stackgen.platforms.registry import rendering_of
from tests.stacks import of_one_model

RELEASE, FIRST = "kserve-0.21", "llm-d-infra-xks-0.15"
HOST = {"accelerator": "v6e", "topology": "2x4"}
SLICE = {"accelerator": "v6e", "topology": "4x4"}
ISTIO = {"exposure": "internal", "namespace": "edge"}
GKE = {**ISTIO, "class": "gke-l7-rilb", "proxyOnlySubnet": "10.129.0.0/23"}
# A flag of each kind that the preset leaves to the stack.
FLAGS = ["--tensor-parallel-size", "--dtype", "--max-model-len"]


def _service(built: Compiled) -> dict[str, Any]:
    assert built.bundle is not None, built.findings
    (found,) = (r.data for r in built.bundle.objects if r.kind == "LLMInferenceService")
    spec: dict[str, Any] = found["spec"]
    return spec


def _container(spec: dict[str, Any]) -> dict[str, Any]:
    (container,) = spec["template"]["containers"]
    found: dict[str, Any] = container
    return found


def _kinds(built: Compiled, kind: str) -> list[str]:
    assert built.bundle is not None, built.findings
    return [r.name for r in built.bundle.objects if r.kind == kind]


def test_the_preset_starts_a_server_with_the_flags_of_the_stack() -> None:
    container = _container(_service(of_one_model(RELEASE, ISTIO, HOST, args=["--seed=7"])))
    assert "command" not in container
    assert [flag.partition("=")[0] for flag in container["args"]] == [*FLAGS, "--seed"]
    assert container["securityContext"]["runAsUser"] == 1000
    schemes = {container[f"{kind}Probe"]["httpGet"]["scheme"] for kind in ("startup", "liveness")}
    assert schemes == {"HTTP"}


@pytest.mark.parametrize(
    ("pool", "model"),
    [
        (HOST, {"servedName": "chat$(id)"}),
        (HOST, {"args": ["--chat-template=/mnt/models/a'b"]}),
        (SLICE, {}),
    ],
    ids=["name", "flag", "several hosts"],
)
def test_the_stack_starts_a_server_itself_where_the_preset_would_start_another(
    pool: dict[str, Any], model: dict[str, Any]
) -> None:
    spec = _service(of_one_model(RELEASE, ISTIO, pool, **model))
    container = _container(spec)
    assert "vllm serve" in " ".join(container["command"])
    address = ["/mnt/models", f"--served-model-name={spec['model']['name']}", "--port=8000"]
    assert container["args"][:3] == address


@pytest.mark.parametrize("uri", ["hf://Qwen/Qwen3-32B", "s3://models/qwen3-32b"])
def test_the_download_may_take_as_much_memory_as_the_server(uri: str) -> None:
    spec = _service(of_one_model(RELEASE, ISTIO, HOST, model=uri))
    (initializer,) = spec["template"]["initContainers"]
    server = _container(spec)["resources"]["limits"]["memory"]
    assert initializer["resources"] == {"limits": {"memory": server}}
    mounts = {mount["name"] for mount in initializer["volumeMounts"]}
    assert mounts == {volume["name"] for volume in spec["template"]["volumes"]}


@pytest.mark.parametrize(
    ("release", "uri"), [(RELEASE, "pvc://models/qwen3-32b"), (FIRST, "hf://Qwen/Qwen3-32B")]
)
def test_a_download_that_there_is_not_or_no_service_can_describe(release: str, uri: str) -> None:
    template = _service(of_one_model(release, ISTIO, HOST, model=uri))["template"]
    assert not template.keys() & {"initContainers", "volumes"}


def test_a_picker_of_the_spec_is_the_configuration_of_the_scheduler() -> None:
    scorers = [{"name": "queue-scorer", "weight": 3}, {"name": "prefix-cache-scorer", "weight": 2}]
    picker = {"scorers": scorers, "blockSize": 32}
    scheduler = _service(of_one_model(RELEASE, ISTIO, HOST, picker=picker))["router"]["scheduler"]
    config = scheduler["config"]["inline"]
    assert config["apiVersion"] == "llm-d.ai/v1alpha1"
    weights = {p["pluginRef"]: p.get("weight") for p in config["schedulingProfiles"][0]["plugins"]}
    assert weights == {"queue-scorer": 3, "prefix-cache-scorer": 2, "max-score-picker": None}
    blocks = {p["type"]: p.get("parameters") for p in config["plugins"]}
    assert blocks["approx-prefix-cache-producer"] == {"blockSizeTokens": 32}
    assert "template" not in scheduler


@pytest.mark.parametrize(
    ("release", "nodes", "replicas", "in_place"),
    [
        (RELEASE, 2, 2, True),
        (RELEASE, 3, 2, False),
        (RELEASE, 1, 1, False),
        (FIRST, 2, 2, False),
    ],
    ids=["no room", "room", "the only server", "a release without the field"],
)
def test_servers_are_replaced_in_place_where_the_pool_has_no_room(
    release: str, nodes: int, replicas: int, in_place: bool
) -> None:
    pool = {**HOST, "nodes": {"min": 0, "max": nodes}}
    built = of_one_model(release, ISTIO, pool, replicas=replicas)
    wanted = {"maxUnavailable": 1, "maxSurge": 0} if in_place else None
    assert _service(built).get("rolloutStrategy") == wanted


@pytest.mark.parametrize(("count", "reported"), [(1, True), (2, False)])
def test_an_update_without_room_is_reported_where_it_is_not_in_place(
    count: int, reported: bool
) -> None:
    pool = {**HOST, "nodes": {"min": 0, "max": count}}
    built = of_one_model(RELEASE, ISTIO, pool, prove=True, replicas=count)
    assert ("avail-rollout-capacity" in {f.rule.id for f in built.findings}) == reported


@pytest.mark.parametrize(
    ("release", "gateway", "picked", "rules"),
    [
        (RELEASE, ISTIO, True, ["qwen-picker"]),
        (RELEASE, ISTIO, False, []),
        (RELEASE, GKE, True, []),
        (FIRST, ISTIO, True, []),
    ],
    ids=["istio", "no picker", "gke", "a release with certificates"],
)
def test_istio_is_told_of_pickers_that_sign_their_own_certificates(
    release: str, gateway: dict[str, Any], picked: bool, rules: list[str]
) -> None:
    built = of_one_model(release, gateway, HOST, scheduler=picked)
    assert _kinds(built, "DestinationRule") == rules
    assert built.plan is not None
    hosts = [host.value for host in rendering_of(built.plan).unverified(built.plan)]
    assert hosts == [
        f"{r.removesuffix('-picker')}-epp-service.models.svc.cluster.local" for r in rules
    ]
