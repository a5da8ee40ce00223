"""What llm-d renders for models: servers, and the way to them."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.compiler import Compiled
from tests.stacks import of_one_model

RELEASE = "llm-d-0.9"
HOST = {"accelerator": "v6e", "topology": "2x4"}
SLICE = {"accelerator": "v6e", "topology": "4x4"}
GKE = {
    "class": "gke-l7-rilb", "exposure": "internal", "proxyOnlySubnet": "10.129.0.0/23",
}  # fmt: skip
ISTIO = {"class": "istio", "exposure": "internal"}


def _built(gateway: dict[str, Any], pool: dict[str, Any], **model: Any) -> Compiled:
    return of_one_model(RELEASE, gateway, pool, **model)


def _named(compiled: Compiled, kind: str) -> dict[str, dict[str, Any]]:
    assert compiled.bundle is not None, compiled.findings
    return {r.name: r.data for r in compiled.bundle.objects if r.kind == kind}


def _container(pod: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod["spec"]["containers"]
    found: dict[str, Any] = container
    return found


@pytest.mark.parametrize("gateway", [GKE, ISTIO], ids=["gke", "istio"])
def test_a_server_on_one_host_is_a_deployment(gateway: dict[str, Any]) -> None:
    built = _built(gateway, HOST, replicas=2)
    assert _named(built, "LeaderWorkerSet") == {}
    assert set(_named(built, "Deployment")) == {"qwen", "qwen-picker"}
    spec = _named(built, "Deployment")["qwen"]["spec"]
    startup = _container(spec["template"])["startupProbe"]
    longest = startup["periodSeconds"] * startup["failureThreshold"]
    assert spec["progressDeadlineSeconds"] > startup["initialDelaySeconds"] + longest


@pytest.mark.parametrize("gateway", [GKE, ISTIO], ids=["gke", "istio"])
def test_a_server_on_several_hosts_is_a_group_of_which_the_leader_answers(
    gateway: dict[str, Any],
) -> None:
    built = _built(gateway, SLICE, replicas=2)
    assert set(_named(built, "Deployment")) == {"qwen-picker"}
    spec = _named(built, "LeaderWorkerSet")["qwen"]["spec"]
    group = spec["leaderWorkerTemplate"]
    assert (spec["replicas"], group["size"]) == (2, 4)
    (pool,) = _named(built, "InferencePool").values()
    selected = pool["spec"]["selector"]["matchLabels"].items()
    assert selected <= group["leaderTemplate"]["metadata"]["labels"].items()
    assert not selected <= group["workerTemplate"]["metadata"]["labels"].items()
    leader, worker = (_container(group[f"{x}Template"]) for x in ("leader", "worker"))
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= leader.keys()
    assert not {"startupProbe", "livenessProbe", "readinessProbe"} & worker.keys()


def test_the_workers_of_a_group_outlive_the_answers_of_its_leader() -> None:
    group = _named(_built(GKE, SLICE), "LeaderWorkerSet")["qwen"]["spec"]["leaderWorkerTemplate"]
    pods = [group[f"{x}Template"] for x in ("leader", "worker")]
    leader, worker = (_container(p)["lifecycle"]["preStop"]["sleep"]["seconds"] for p in pods)
    (drain,) = (a for a in _container(pods[0])["args"] if a.startswith("--shutdown-timeout="))
    assert leader + int(drain.partition("=")[2]) <= worker
    assert {p["spec"]["terminationGracePeriodSeconds"] for p in pods} == {75}
    assert worker < 75


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("hf://Qwen/Qwen3-32B", ["Qwen/Qwen3-32B"]),
        ("hf://Qwen/Qwen3-32B:0a1b2c", ["Qwen/Qwen3-32B", "--revision=0a1b2c"]),
        ("pvc://claim", ["/mnt/models"]),
        ("pvc://claim/a/b/", ["/mnt/models/a/b"]),
    ],
)
def test_vllm_reads_the_model_from_its_address(uri: str, words: list[str]) -> None:
    built = _built(GKE, HOST, model=uri, dimensions={"params": 32000000000})
    template = _named(built, "Deployment")["qwen"]["spec"]["template"]
    args = _container(template)["args"]
    assert [a for a in args if not a.startswith("-") or a.startswith("--revision")] == words
    assert args[0] == words[0]
    claims = [v for v in template["spec"]["volumes"] if "persistentVolumeClaim" in v]
    assert [v["persistentVolumeClaim"] for v in claims] == (
        [{"claimName": "claim", "readOnly": True}] if uri.startswith("pvc://") else []
    )
    mounted = {m["mountPath"] for m in _container(template)["volumeMounts"]}
    assert ("/mnt/models" in mounted) == uri.startswith("pvc://")


def test_a_flag_of_the_release_can_be_typed() -> None:
    built = _built(GKE, HOST, args=["--shutdown-timeout=20"])
    args = _container(_named(built, "Deployment")["qwen"]["spec"]["template"])["args"]
    assert [a for a in args if a.startswith("--shutdown")] == ["--shutdown-timeout=20"]


def test_the_gateway_of_gke_has_policies_for_the_pool_and_istio_a_rule_for_the_picker() -> None:
    google = {"HealthCheckPolicy", "GCPBackendPolicy"}
    for gateway, there, not_there in (
        (GKE, google, {"DestinationRule"}), (ISTIO, {"DestinationRule"}, google),
    ):  # fmt: skip
        built = _built(gateway, HOST)
        assert built.bundle is not None
        kinds = {r.kind for r in built.bundle.objects}
        assert there <= kinds
        assert not not_there & kinds
        (route,) = _named(built, "HTTPRoute").values()
        (rule,) = route["spec"]["rules"]
        # GKE refuses a route with timeouts.
        assert ("timeouts" in rule) == (gateway is ISTIO)


def test_a_model_without_a_picker_is_reached_through_a_service() -> None:
    built = _built(ISTIO, HOST, scheduler=False)
    assert [k for k in ("InferencePool", "DestinationRule") if _named(built, k)] == []
    assert set(_named(built, "Deployment")) == {"qwen"}
    (service,) = _named(built, "Service").values()
    labels = _named(built, "Deployment")["qwen"]["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    (route,) = _named(built, "HTTPRoute").values()
    assert route["spec"]["rules"][0]["backendRefs"] == [{"name": "qwen", "port": 8000}]


@pytest.mark.parametrize("gateway", [GKE, ISTIO], ids=["gke", "istio"])
@pytest.mark.parametrize("pool", [HOST, SLICE], ids=["one host", "several hosts"])
def test_operators_are_there_where_they_are_used(
    gateway: dict[str, Any], pool: dict[str, Any]
) -> None:
    charts = set(_named(_built(gateway, pool), "HelmRelease")) - {"external-secrets"}
    wanted = ({"lws"} if pool is SLICE else set()) | (
        {"istio-base", "istiod"} if gateway is ISTIO else set()
    )
    assert charts == wanted


def test_nothing_of_kserve_is_rendered() -> None:
    built = _built(ISTIO, SLICE)
    assert built.bundle is not None
    for resource in built.bundle.objects:
        assert resource.group != "serving.kserve.io"
        assert "kserve" not in str(resource.data).lower(), resource.file


def test_an_endpoint_picker_reads_its_configuration_from_a_config_map() -> None:
    files = {"name": "router", "key": "p.yaml", "files": {"more": "text"}}
    built = _built(GKE, HOST, picker={"configMap": files})
    data = _named(built, "ConfigMap")["router"]["data"]
    inline = _container(_picker(_built(GKE, HOST)))["args"]
    assert data == {"more": "text", "p.yaml": inline[inline.index("--config-text") + 1]}
    pod = _picker(built)
    assert "--config-file=/config/p.yaml" in _container(pod)["args"]
    assert "--config-text" not in _container(pod)["args"]
    (volume,), (mount,) = pod["spec"]["volumes"], _container(pod)["volumeMounts"]
    assert (volume["configMap"], mount["mountPath"]) == ({"name": "router"}, "/config")
    # A change of a file replaces the endpoint picker, which reads them when it starts.
    files["files"] = {"more": "other"}
    assert _picker(_built(GKE, HOST, picker={"configMap": files}))["metadata"] != pod["metadata"]


def _picker(built: Compiled) -> dict[str, Any]:
    pod: dict[str, Any] = _named(built, "Deployment")["qwen-picker"]["spec"]["template"]
    return pod


def test_several_endpoint_pickers_elect_one_that_answers() -> None:
    alone, several = _built(GKE, HOST), _built(GKE, HOST, picker={"replicas": 2})
    assert _named(several, "Deployment")["qwen-picker"]["spec"]["replicas"] == 2
    container = _container(_picker(several))
    assert "--ha-enable-leader-election" in container["args"]
    probes = [container[f"{name}Probe"]["grpc"]["service"] for name in ("liveness", "readiness")]
    assert probes == ["liveness", "readiness"]
    rules = [_named(one, "Role")["qwen-picker"]["rules"] for one in (alone, several)]
    assert [r["resources"] for r in rules[1] if r not in rules[0]] == [["leases"]]
    assert "--ha-enable-leader-election" not in _container(_picker(alone))["args"]
