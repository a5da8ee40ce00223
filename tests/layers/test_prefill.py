"""Prefill and decode apart: what each platform renders, and what may talk to what."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml

from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.compiler import Compiled
from stackgen.findings.model import Severity
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.flows import flows_of
from stackgen.net.profile import profile_of
from stackgen.net.world import world_of
from stackgen.platforms.registry import predictions
from stackgen.provenance.impact import impact
from tests.stacks import build_data, split_stack

GOOGLE = {"class": "gke-l7-rilb", "proxyOnlySubnet": "10.129.0.0/23"}
GPUS = {"machineType": "a3-highgpu-8g", "accelerator": "h100"}
# What every stack of these tests has: the releases name images by tag.
EXPECTED = {"supply-image-digest", "supply-model-revision-pinned"}
PREFILL = {"llm-d.ai/model": "qwen", "llm-d.ai/role": "prefill"}


@pytest.fixture(scope="module")
def llm_d() -> Compiled:
    observe = {
        "traces": {"endpoint": "http://otel.tracing.svc:4317", "collector": "tracing/app=otel"}
    }
    data = split_stack("llm-d-0.9", gateway=GOOGLE, observe=observe, picker={"blockSize": 64})
    data["spec"]["serving"]["models"][0]["prefill"] |= {
        "args": ["--max-num-batched-tokens=8192"],
        "template": {"metadata": {"labels": {"team": "prompts"}}},
    }
    return build_data("default", data, prove=True)


@pytest.fixture(scope="module")
def kserve() -> Compiled:
    data = split_stack("kserve-0.21", GPUS, gpus=4)
    data["spec"]["serving"]["models"][0]["prefill"] |= {
        "gpus": 2, "template": {"metadata": {"labels": {"team": "prompts"}}},
    }  # fmt: skip
    return build_data("default", data, prove=True)


def bundle_of(compiled: Compiled) -> Bundle:
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    return compiled.bundle


def the(compiled: Compiled, kind: str, name: str) -> Resource:
    (found,) = [r for r in bundle_of(compiled).objects if (r.kind, r.name) == (kind, name)]
    return found


def _transfer(container: dict[str, Any]) -> dict[str, str]:
    (flag,) = [a for a in container["args"] if a.startswith("--kv-transfer-config=")]
    found: dict[str, str] = json.loads(flag.partition("=")[2])
    return found


def _env(container: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}


@pytest.mark.parametrize("platform", ["llm_d", "kserve"])
def test_nothing_is_wrong_and_every_flow_is_proven(
    platform: str, request: pytest.FixtureRequest
) -> None:
    compiled: Compiled = request.getfixturevalue(platform)
    assert {f.rule.id for f in compiled.findings} <= EXPECTED, [
        f.message for f in compiled.findings
    ]
    assert compiled.plan is not None
    profile = profile_of(compiled.plan)
    flows = flows_of(world_of(bundle_of(compiled), profile), profile)
    found = {(f.id, f.source.role, f.destination.role) for f in flows}
    assert {
        ("F19", "model", "model-prefill"), ("F19", "model-prefill", "model"),
        ("F5", "scheduler", "model-prefill"), ("F13", "collector", "model-prefill"),
        ("F14", "kubelet", "model-prefill"), ("X1", "stranger", "model-prefill"),
        ("X3", "model-prefill", "model-prefill"),
    } <= found  # fmt: skip
    assert (("F29", "model", "api-server") in found) == (platform == "kserve")
    assert (("F2", "health-check", "model-prefill") in found) == (platform == "llm_d")
    assert (("X19", "gateway", "model-prefill") in found) == (platform == "kserve")
    # Its controller routes paths that no endpoint picker chooses for to a Service of both roles.
    assert (("F3", "gateway", "model-prefill") in found) == (platform == "kserve")


@pytest.mark.parametrize("platform", ["llm_d", "kserve", "llm_d_istio"])
def test_lint_of_what_was_rendered_has_no_error(
    platform: str, request: pytest.FixtureRequest
) -> None:
    """lint does not have stack.yaml, and knows as build does which gateway asks prefill."""
    if platform == "llm_d_istio":
        compiled = build_data("default", split_stack("llm-d-0.9"))
    else:
        compiled = request.getfixturevalue(platform)
    found = registry.run(Context(bundle_of(compiled)), lambda r: r.severity == Severity.ERROR)
    assert [f.message for f in found if f.rule.id not in EXPECTED] == []


def test_the_route_of_the_controller_reaches_prefill_and_a_closed_policy_is_found(
    kserve: Compiled,
) -> None:
    bundle = bundle_of(kserve)
    row = kserve.catalog.copy().release("kserve-0.21")
    assert row is not None
    made = predictions()["kserve"].objects(bundle, row)(the(kserve, "LLMInferenceService", "qwen"))
    (service,) = [o for o in made.objects if o["metadata"]["name"] == "qwen-kserve-workload-svc"]
    (route,) = [o for o in made.objects if o["kind"] == "HTTPRoute"]
    (rule,) = [r for r in route["spec"]["rules"] if r["name"] == "v1-catch-all-path"]
    assert rule["backendRefs"][0]["name"] == service["metadata"]["name"]
    assert rule["matches"][0]["path"]["value"] == "/models/qwen"
    for one in made.objects:
        if one["kind"] == "Deployment" and "scheduler" not in one["metadata"]["name"]:
            labels = one["spec"]["template"]["metadata"]["labels"]
            assert labels.items() >= service["spec"]["selector"].items()

    def closing(one: Resource) -> Resource:
        if one.name != "allow-gateway-to-vllm":
            return one
        roles = {"key": "llm-d.ai/role", "operator": "NotIn", "values": ["prefill"]}
        pods = {**one.data["spec"]["podSelector"], "matchExpressions": [roles]}
        return replace(one, data={**one.data, "spec": {**one.data["spec"], "podSelector": pods}})

    assert (
        "matchExpressions"
        not in the(kserve, "NetworkPolicy", "allow-gateway-to-vllm").data["spec"]["podSelector"]
    )
    context = Context(Bundle(tuple(map(closing, bundle.resources))))
    found = registry.run(context, lambda rule: rule.id == "net-flow-closed")
    assert len(found) == 1, [f.message for f in found]
    assert "qwen-kserve-prefill" in found[0].message


def test_llm_d_gets_two_deployments_and_a_sidecar_in_front_of_decode(llm_d: Compiled) -> None:
    decode, prefill = (the(llm_d, "Deployment", name).data for name in ("qwen", "qwen-prefill"))
    assert (decode["spec"]["replicas"], prefill["spec"]["replicas"]) == (2, 3)
    pods = [one["spec"]["template"]["spec"] for one in (decode, prefill)]
    servers = [pod["containers"][0] for pod in pods]
    (sidecar,) = pods[0]["initContainers"]
    assert "initContainers" not in pods[1]
    assert {"--port=8000", "--model-server-port=8200", "--kv-connector=nixlv2"} <= {
        *sidecar["args"]
    }
    assert sidecar["restartPolicy"] == "Always"
    for server, port in zip(servers, (8200, 8000), strict=True):
        assert f"--port={port}" in server["args"]
        probes = [
            server[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")
        ]
        assert {probe["port"] for probe in probes} == {port}
        env = _env(server)
        assert (env["TPU_KV_TRANSFER_PORT"], env["TPU_SIDE_CHANNEL_PORT"]) == ("9100", "9600")
        assert env["VLLM_HOST_IP"] == {"fieldRef": {"fieldPath": "status.podIP"}}
        assert "--block-size=64" in server["args"]
    # A decode server with the role kv_both would count as a producer, and pull no cache.
    roles = [_transfer(server)["kv_role"] for server in servers]
    assert roles == ["kv_consumer", "kv_producer"]
    assert {_transfer(server)["kv_connector"] for server in servers} == {"TPUConnector"}
    assert "--max-num-batched-tokens=8192" in servers[1]["args"]
    assert "--max-num-batched-tokens=8192" not in servers[0]["args"]
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in (decode, prefill)]
    assert ("team" in labels[0], labels[1]["team"]) == (False, "prompts")
    assert labels[1].items() >= PREFILL.items()


def test_the_pool_has_both_roles_and_never_opens(llm_d: Compiled) -> None:
    spec = the(llm_d, "InferencePool", "qwen-pool").data["spec"]
    for name in ("qwen", "qwen-prefill"):
        labels = the(llm_d, "Deployment", name).get("spec", "template", "metadata", "labels")
        assert labels.items() >= spec["selector"]["matchLabels"].items()
    # While the picker is away, an open pool would send requests to prefill servers.
    assert spec["endpointPickerRef"]["failureMode"] == "FailClose"
    container = the(llm_d, "Deployment", "qwen-picker").get(
        "spec", "template", "spec", "containers", 0
    )
    config = yaml.safe_load(container["args"][container["args"].index("--config-text") + 1])
    types = [one["type"] for one in config["plugins"]]
    assert {"disagg-profile-handler", "prefill-filter", "decode-filter"} <= {*types}
    profiles = {one["name"]: one["plugins"][0]["pluginRef"] for one in config["schedulingProfiles"]}
    assert profiles == {"prefill": "prefill-filter", "decode": "decode-filter"}


def test_both_roles_have_a_budget_and_count_for_the_quota(llm_d: Compiled) -> None:
    for name, replicas in (("qwen", 2), ("qwen-prefill", 3)):
        budget = the(llm_d, "PodDisruptionBudget", name)
        labels = the(llm_d, "Deployment", name).get("spec", "template", "metadata", "labels")
        assert labels.items() >= budget.get("spec", "selector", "matchLabels").items(), replicas
    # 2 and 3 servers of 8 chips, and one more of each during an update.
    hard = the(llm_d, "ResourceQuota", "accelerators").get("spec", "hard")
    assert hard == {"requests.google.com/tpu": "56"}


def test_kserve_gets_prefill_in_the_service(kserve: Compiled) -> None:
    spec = the(kserve, "LLMInferenceService", "qwen").data["spec"]
    assert (spec["replicas"], spec["prefill"]["replicas"]) == (2, 3)
    decode, prefill = spec["template"], spec["prefill"]["template"]
    # The sidecar reads Pods and pools; the servers of prefill read nothing.
    assert decode["automountServiceAccountToken"] is True
    assert prefill["automountServiceAccountToken"] is False
    for pod, port, gpus, role in ((decode, 8001, 4, "kv_both"), (prefill, 8000, 2, "kv_producer")):
        (main,) = pod["containers"]
        assert f"--port={port}" in main["args"]
        assert main["readinessProbe"]["httpGet"]["port"] == port
        assert f"--tensor-parallel-size={gpus}" in main["args"]
        assert _transfer(main) == {"kv_connector": "NixlConnector", "kv_role": role}
        env = _env(main)
        assert env["VLLM_NIXL_SIDE_CHANNEL_HOST"] == {"fieldRef": {"fieldPath": "status.podIP"}}
        assert env["VLLM_NIXL_SIDE_CHANNEL_PORT"] == "5600"
    assert spec["prefill"]["labels"] == {"team": "prompts"}
    assert "labels" not in spec


def test_the_controller_puts_the_sidecar_beside_decode(kserve: Compiled) -> None:
    row = kserve.catalog.copy().release("kserve-0.21")
    assert row is not None
    made = predictions()["kserve"].objects(bundle_of(kserve), row)
    objects = made(the(kserve, "LLMInferenceService", "qwen")).objects
    pods = {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in objects
        if one["kind"] == "Deployment" and "scheduler" not in one["metadata"]["name"]
    }
    assert pods.keys() == {"qwen-kserve", "qwen-kserve-prefill"}
    sidecars = {
        name: [c["name"] for c in pod["initContainers"] if c.get("restartPolicy") == "Always"]
        for name, pod in pods.items()
    }
    assert sidecars == {"qwen-kserve": ["llm-d-routing-sidecar"], "qwen-kserve-prefill": []}
    # The account of the stack gets the rights of the sidecar.
    (role,) = [o for o in objects if o["kind"] == "RoleBinding" and "kserve-rb" in str(o)]
    assert role["subjects"][0]["name"] == "model-server"


def test_a_number_is_traced_to_its_object(llm_d: Compiled) -> None:
    path = ("spec", "serving", "models", 0, "prefill", "replicas")
    hit = {(h.file.rpartition("/")[2], h.path) for h in impact(bundle_of(llm_d), [path])}
    assert ("deployment-qwen-prefill.yaml", "spec.replicas") in hit
    assert ("deployment-qwen.yaml", "spec.replicas") not in hit


def test_kserve_without_the_address_of_the_api_server_calls_it_unknown() -> None:
    """As `stackgen init` leaves it: the policies allow each address that it may have."""
    data = split_stack("kserve-0.21")
    del data["spec"]["cluster"]["controlPlaneCidr"]
    more = {"name": "other", "model": "hf://Qwen/Qwen3-8B", "nodePool": "decode"}
    data["spec"]["serving"]["models"].append(more)
    compiled = build_data("default", data, prove=True)
    assert {f.rule.id for f in compiled.findings} <= EXPECTED | {"spec-control-plane-cidr"}, [
        f.message for f in compiled.findings
    ]
    assert compiled.plan is not None
    profile = profile_of(compiled.plan)
    flows = flows_of(world_of(bundle_of(compiled), profile), profile)
    unknown = {(f.id, f.source.owner) for f in flows if f.source.role == "model" and f.unknown}
    # A model that both roles serve at the same time is judged as before.
    assert {("X11", "qwen"), ("X12", "qwen"), ("F29", "qwen")} <= unknown
    assert not {("X11", "other"), ("X12", "other"), ("F29", "other")} & unknown


def _alert(compiled: Compiled, name: str) -> list[dict[str, Any]]:
    groups = the(compiled, "Rules", "serving").data["spec"]["groups"]
    return [rule for group in groups for rule in group["rules"] if rule["alert"] == name]


def test_an_alert_tells_that_no_prefill_server_reads_prompts(kserve: Compiled) -> None:
    (alert,) = _alert(kserve, "PrefillUnused")
    answered, read = alert["expr"].split(" unless ")
    assert 'pod=~"qwen-kserve-[a-z0-9]+' in answered and 'pod=~"qwen-kserve-prefill-' in read
    assert alert["labels"] == {"severity": "warning", "model": "qwen"}
    assert _alert(kserve, "ServersAtMaximum") == _alert(kserve, "RequestsLimited") == []
