"""Replicas that follow a metric: what each platform renders, and what follows from the bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from stackgen.compiler import Compiled
from stackgen.layers.alerts import _kept
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.flows import flows_of
from stackgen.net.profile import profile_of
from stackgen.net.world import world_of
from stackgen.plan.model import Plan
from stackgen.platforms.registry import predictions, rendering_of
from stackgen.provenance.impact import impact
from tests.stacks import build_data, of_one_model, split_stack

ONE, GROUP = {"accelerator": "v6e", "topology": "2x4"}, {"accelerator": "v6e", "topology": "4x4"}
ISTIO = {"exposure": "internal"}
GOOGLE = {"class": "gke-l7-rilb", "exposure": "internal", "proxyOnlySubnet": "10.129.0.0/23"}

# What every stack of these tests has, scaled or not.
# A start takes about 1022 s: longer than the gateway waits, and than the window of 60 s.
EXPECTED = {"autoscaling-start", "supply-image-digest", "supply-model-revision-pinned"}


@pytest.fixture(scope="module")
def kserve() -> Compiled:
    asked = {"min": 0, "max": 3, "metric": "kv-cache", "target": 0.8}
    return of_one_model("kserve-0.21", ISTIO, ONE, True, {"smokeTest": True}, autoscaling=asked)


@pytest.fixture(scope="module")
def llm_d() -> Compiled:
    asked = {"min": 2, "max": 4, "target": 32, "scaleDownSeconds": 60}
    return of_one_model("llm-d-0.9", GOOGLE, ONE, True, autoscaling=asked)


@pytest.fixture(scope="module")
def groups() -> Compiled:
    asked = {"min": 0, "max": 2, "target": 32}
    return of_one_model("llm-d-0.9", ISTIO, {**GROUP, "nodes": {"min": 0, "max": 8}}, True,
                        autoscaling=asked)  # fmt: skip


def _both(release: str) -> Compiled:
    decode = {"min": 2, "max": 3, "target": 32}
    prefill = {"max": 2, "metric": "ttft"}
    data = split_stack(
        release, replicas=None, autoscaling=decode, slo={"ttft": {"p90": "2s"}},
        prefill={"nodePool": "prefill", "autoscaling": prefill},
        traffic={"requestsPerSecond": 1, "inputTokens": 500, "outputTokens": 100},
    )  # fmt: skip
    return build_data("default", data, prove=True)


@pytest.fixture(scope="module")
def roles() -> Compiled:
    return _both("llm-d-0.9")


@pytest.fixture(scope="module")
def roles_of_kserve() -> Compiled:
    return _both("kserve-0.21")


def bundle_of(compiled: Compiled) -> Bundle:
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    return compiled.bundle


def the(compiled: Compiled, kind: str, name: str = "") -> Resource:
    (found,) = [r for r in bundle_of(compiled).objects if r.kind == kind and name in ("", r.name)]
    return found


def kinds(compiled: Compiled) -> set[str]:
    return {r.kind for r in bundle_of(compiled).objects}


def test_kserve_is_told_and_makes_the_scaler(kserve: Compiled) -> None:
    service = the(kserve, "LLMInferenceService")
    scaling: dict[str, Any] = service.data["spec"]["scaling"]
    assert "replicas" not in service.data["spec"]
    assert (scaling["minReplicas"], scaling["maxReplicas"]) == (1, 3)
    keda = scaling["keda"]
    assert keda["idleReplicaCount"] == 0
    metric, wake = keda["triggers"]
    assert metric["metadata"]["threshold"] == "0.8"
    where = (
        'cluster="demo",location="us-central1-b",namespace="models",'
        'pod=~"qwen-kserve-[a-z0-9]+-[a-z0-9]{5}"'
    )
    assert metric["metadata"]["query"] == f"sum(vllm:kv_cache_usage_perc{{{where}}})"
    assert "llm_d_epp_flow_control_queue_size" in wake["metadata"]["query"]
    assert "qwen-kserve-router-scheduler-" in wake["metadata"]["query"]
    assert wake["metadata"]["threshold"] == "256"
    assert {t["authenticationRef"]["name"] for t in keda["triggers"]} == {"google-cloud"}
    assert not kinds(kserve) & {"ScaledObject", "PodDisruptionBudget"}


def test_the_smoke_test_waits_for_the_server_that_its_first_request_starts(
    kserve: Compiled,
) -> None:
    assert kserve.plan is not None
    budget = kserve.plan.models[0].startup.budget
    pod = the(kserve, "Job", "smoke-test").data["spec"]["template"]["spec"]
    first, *others = pod["containers"][0]["command"][-1].splitlines()
    # KServe's route sends other paths to a Service, which has no server yet.
    assert "/v1/completions" in first
    assert f"--max-time {budget} " in first and f"--retry-max-time {budget} " in first
    assert all("--max-time 60 " in line and "--retry" not in line for line in others)


def test_the_picker_keeps_the_first_requests_as_long_as_the_gateway_waits(
    kserve: Compiled, groups: Compiled
) -> None:
    spec = the(kserve, "LLMInferenceService").data["spec"]
    config = spec["router"]["scheduler"]["config"]["inline"]
    picker = the(groups, "Deployment", "qwen-picker").data
    (container,) = picker["spec"]["template"]["spec"]["containers"]
    text = container["args"][container["args"].index("--config-text") + 1]
    for one in (config, yaml.safe_load(text)):
        assert one["featureGates"] == ["flowControl"]
        assert one["flowControl"] == {"defaultRequestTTL": "1000s"}


def test_llm_d_gets_a_scaler_and_no_replicas(llm_d: Compiled) -> None:
    spec = the(llm_d, "ScaledObject").data["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "qwen"}
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 4)
    assert "idleReplicaCount" not in spec
    (trigger,) = spec["triggers"]
    assert trigger["metadata"]["ignoreNullValues"] == "false"
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleDown"] == {"stabilizationWindowSeconds": 60}
    assert "replicas" not in the(llm_d, "Deployment", "qwen").data["spec"]
    assert "featureGates" not in str(the(llm_d, "Deployment", "qwen-picker").data)
    # Two of the servers stay, so that one may be away.
    assert the(llm_d, "PodDisruptionBudget").data["spec"]["maxUnavailable"] == 1
    # Four servers of eight chips, and those of an update.
    assert the(llm_d, "ResourceQuota").data["spec"]["hard"] == {"requests.google.com/tpu": "40"}


def test_the_controller_makes_the_scaler_of_it(kserve: Compiled) -> None:
    service = the(kserve, "LLMInferenceService")
    row = kserve.catalog.copy().release("kserve-0.21")
    prediction = predictions()["kserve"]
    assert row is not None
    made = prediction.objects(bundle_of(kserve), row)(service).objects
    (scaler,) = [one for one in made if one["kind"] == "ScaledObject"]
    assert scaler["metadata"]["name"] == "qwen-kserve-keda"
    spec = scaler["spec"]
    assert spec["scaleTargetRef"]["name"] == "qwen-kserve"
    assert (spec["minReplicaCount"], spec["maxReplicaCount"], spec["idleReplicaCount"]) == (1, 3, 0)
    assert spec["triggers"] == service.data["spec"]["scaling"]["keda"]["triggers"]


def test_an_object_that_may_lose_fields_keeps_one(kserve: Compiled) -> None:
    """kube-apiserver 1.36 rejects an update that takes all fields of an object away."""
    scheduler = the(kserve, "LLMInferenceService").data["spec"]["router"]["scheduler"]
    assert scheduler.keys() - {"config"}


def test_groups_are_scaled_as_groups(groups: Compiled) -> None:
    spec = the(groups, "ScaledObject").data["spec"]
    assert spec["scaleTargetRef"]["kind"] == "LeaderWorkerSet"
    assert (spec["minReplicaCount"], spec["idleReplicaCount"]) == (1, 0)
    # Requests count at the endpoint picker, which is there at zero; one trigger is enough.
    (trigger,) = spec["triggers"]
    assert "epp_request_running" in trigger["metadata"]["query"]
    assert trigger["metadata"]["ignoreNullValues"] == "true"
    assert "replicas" not in the(groups, "LeaderWorkerSet").data["spec"]
    assert 'pod=~"qwen-picker-' in trigger["metadata"]["query"]


def test_a_trigger_of_the_endpoint_picker_wakes_the_model(groups: Compiled) -> None:
    """Its Pods have the name of the model, and more: `qwen-picker`."""
    assert {f.rule.id for f in groups.findings} <= EXPECTED, [f.message for f in groups.findings]


@pytest.mark.parametrize("platform", ["kserve", "llm_d"])
def test_keda_is_installed_before_the_models_and_nothing_is_wrong(
    platform: str, request: pytest.FixtureRequest
) -> None:
    compiled: Compiled = request.getfixturevalue(platform)
    release = the(compiled, "HelmRelease", "keda").data["spec"]
    assert release["chart"]["spec"]["sourceRef"] == {"kind": "GitRepository", "name": "keda"}
    assert release["values"]["permissions"]["operator"]["restrict"] == {"secret": True}
    assert the(compiled, "Namespace", "keda")
    steps = {
        r.name: r.data["spec"] for r in bundle_of(compiled).objects if r.kind == "Kustomization"
    }
    assert steps["demo-operators"]["wait"] is True
    after = {one["name"] for one in steps["demo-4-serving"]["dependsOn"]}
    assert after & {"demo-operators", "demo-kserve"}
    assert {f.rule.id for f in compiled.findings} <= EXPECTED, [
        f.message for f in compiled.findings
    ]


def test_the_scaler_reaches_its_metrics_and_the_api_server_reaches_it(kserve: Compiled) -> None:
    assert kserve.plan is not None
    profile = profile_of(kserve.plan)
    world = world_of(bundle_of(kserve), profile)
    flows = {(f.id, f.source.role, f.destination.role) for f in flows_of(world, profile)}
    assert ("F26", "keda", "google-monitoring") in flows
    assert ("F26", "keda", "metadata") in flows
    assert ("F27", "webhook-caller", "keda-metrics") in flows


def test_a_target_is_traced_to_its_trigger(llm_d: Compiled) -> None:
    path = ("spec", "serving", "models", 0, "autoscaling", "target")
    hit = {(h.file.rpartition("/")[2], h.path) for h in impact(bundle_of(llm_d), [path])}
    assert ("scaledobject-qwen.yaml", "spec.triggers[0].metadata.threshold") in hit


def _no_server(compiled: Compiled) -> list[str]:
    """The queries of the alert on pools without a server."""
    groups = the(compiled, "Rules", "serving").get("spec", "groups")
    rules = [rule for group in groups for rule in group["rules"]]
    assert "RequestsFail" in [rule["alert"] for rule in rules]
    return [rule["expr"] for rule in rules if rule["alert"] == "NoModelServerReady"]


def test_no_alert_for_a_model_without_servers_as_the_spec_says(
    kserve: Compiled, llm_d: Compiled, groups: Compiled
) -> None:
    assert _no_server(kserve) == _no_server(groups) == []
    assert _no_server(llm_d) == [
        'max by (name) (llm_d_epp_ready_endpoints{namespace="models"}) == 0'
    ]


def test_only_the_pools_that_may_be_empty_are_left_out(llm_d: Compiled) -> None:
    plan = plan_of(llm_d)
    (model,) = plan.models
    idle = replace(model, fewest=model.fewest.map("none", "", lambda _: 0))
    matcher, serves = _kept(replace(plan, models=(model, idle)))
    assert (matcher.value, serves.value) == (',name!~"qwen-pool"', True)
    matcher, serves = _kept(plan)
    assert (matcher.value, serves.value) == ("", True)


def test_the_pool_of_a_model_has_the_name_that_its_platform_gives_it(
    kserve: Compiled, llm_d: Compiled
) -> None:
    made = predictions()["kserve"].objects(bundle_of(kserve), plan_of(kserve).release.row)
    service = the(kserve, "LLMInferenceService")
    (theirs,) = [
        o["metadata"]["name"] for o in made(service).objects if o["kind"] == "InferencePool"
    ]
    for compiled, name in ((kserve, theirs), (llm_d, the(llm_d, "InferencePool").name)):
        plan = plan_of(compiled)
        (model,) = plan.models
        assert rendering_of(plan).labels.pool(plan, model).value == name


def plan_of(compiled: Compiled) -> Plan:
    assert compiled.plan is not None
    return compiled.plan


def test_each_role_follows_a_metric_of_its_own(roles: Compiled) -> None:
    decode, prefill = (the(roles, "ScaledObject", n).data["spec"] for n in ("qwen", "qwen-prefill"))
    assert prefill["scaleTargetRef"] == {
        "apiVersion": "apps/v1", "kind": "Deployment", "name": "qwen-prefill",
    }  # fmt: skip
    assert (decode["minReplicaCount"], decode["maxReplicaCount"]) == (2, 3)
    assert (prefill["minReplicaCount"], prefill["maxReplicaCount"]) == (1, 2)
    for name in ("qwen", "qwen-prefill"):
        assert "replicas" not in the(roles, "Deployment", name).data["spec"]
    # Three decode and two prefill servers of eight chips, and one of each during an update.
    assert the(roles, "ResourceQuota").data["spec"]["hard"] == {"requests.google.com/tpu": "56"}
    # One decode server may be away; the only prefill server may not.
    assert the(roles, "PodDisruptionBudget").name == "qwen"
    assert {f.rule.id for f in roles.findings} <= EXPECTED, [f.message for f in roles.findings]


def test_a_latency_counts_servers_between_two_bounds(roles: Compiled) -> None:
    spec = the(roles, "ScaledObject", "qwen-prefill").data["spec"]
    (trigger,) = spec["triggers"]
    assert trigger["metadata"]["threshold"] == "1.1"  # 0.55 of 2 s
    query = trigger["metadata"]["query"]
    late = "histogram_quantile(0.9, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket{"
    assert query.count(late) == 3
    assert [bound in query for bound in (" > 1.1)", " < 0.8) * 1.375", " >= 0.8) * 0 + 1.1")]
    servers = "count(count by (pod) (vllm:num_requests_running{"
    # Lost metrics leave no value, so that the replicas stay; no requests are no servers.
    assert query.startswith(servers) and query.endswith("})) * 0")
    assert "vector" not in query
    window = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    (policy,) = window["policies"]
    assert policy == {
        "type": "Pods", "value": 1, "periodSeconds": window["stabilizationWindowSeconds"],
    }  # fmt: skip


def test_the_controller_of_kserve_makes_a_scaler_of_each_role(roles_of_kserve: Compiled) -> None:
    service = the(roles_of_kserve, "LLMInferenceService")
    row = roles_of_kserve.catalog.copy().release("kserve-0.21")
    assert row is not None
    made = predictions()["kserve"].objects(bundle_of(roles_of_kserve), row)(service).objects
    scalers = {o["metadata"]["name"]: o["spec"] for o in made if o["kind"] == "ScaledObject"}
    assert scalers.keys() == {"qwen-kserve-keda", "qwen-kserve-prefill-keda"}
    prefill = scalers["qwen-kserve-prefill-keda"]
    assert prefill["scaleTargetRef"]["name"] == "qwen-kserve-prefill"
    assert 'pod=~"qwen-kserve-prefill-' in prefill["triggers"][0]["metadata"]["query"]
    assert 'pod=~"qwen-kserve-[a-z0-9]+-' in str(scalers["qwen-kserve-keda"]["triggers"])
    assert "replicas" not in service.data["spec"]["prefill"]
    found = [f.message for f in roles_of_kserve.findings if f.rule.id not in EXPECTED]
    assert found == []


def test_an_alert_tells_that_the_maximum_is_reached(roles: Compiled) -> None:
    groups = the(roles, "Rules", "serving").data["spec"]["groups"]
    found = [r for group in groups for r in group["rules"] if r["alert"] == "ServersAtMaximum"]
    bounds = {r["labels"]["model"]: r["expr"].partition(" >= ")[2][:1] for r in found}
    assert bounds == {"qwen": "3", "qwen-prefill": "2"}
