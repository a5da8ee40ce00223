"""Error budgets of SLOs, metrics of TPUs and traces: what is rendered, and for whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.compiler import Compiled
from stackgen.layers.slo_alerts import _slow
from stackgen.manifest.document import show_path
from stackgen.provenance.impact import impact
from tests.layers.test_autoscaling import GOOGLE, ISTIO, ONE, bundle_of, the
from tests.stacks import of_one_model

BOUNDS = [0.01, 0.25, 1, 2.5, 80]
TRACES = {
    "endpoint": "http://otel-collector.tracing.svc:4317",
    "collector": "tracing/app=otel-collector",
}


def observed(release: str, gateway: dict[str, Any], observe: dict[str, Any]) -> Compiled:
    return of_one_model(
        release, gateway, ONE, True, observe,
        traffic={"requestsPerSecond": 1, "inputTokens": 100, "outputTokens": 100},
        slo={"ttft": {"p95": "2s", "p50": "10s"}},
    )  # fmt: skip


@pytest.fixture(scope="module")
def llm_d() -> Compiled:
    return observed("llm-d-0.9", ISTIO, {"tpuMetrics": True, "traces": TRACES})


@pytest.fixture(scope="module")
def kserve() -> Compiled:
    operator = {"engine": "prometheus-operator", "tpuMetrics": True}
    return observed("kserve-0.21", GOOGLE, {**operator, "traces": {**TRACES, "percent": 50}})


def burns(compiled: Compiled) -> list[dict[str, Any]]:
    kind = "Rules" if "Rules" in {r.kind for r in bundle_of(compiled).objects} else "PrometheusRule"
    groups = {g["name"]: g["rules"] for g in the(compiled, kind).data["spec"]["groups"]}
    rules: list[dict[str, Any]] = groups["slo"]
    return rules


def test_each_limit_has_the_windows_that_its_budget_allows(llm_d: Compiled) -> None:
    found = [(r["labels"]["slo"], r["labels"]["severity"]) for r in burns(llm_d)]
    # Of half of the requests, no 6 times as many can be too slow.
    assert found == [
        ("ttft p50", "warning"), ("ttft p95", "critical"), ("ttft p95", "critical"),
        ("ttft p95", "warning"),
    ]  # fmt: skip
    fast = burns(llm_d)[1]
    assert fast["expr"].count("[1h]") == fast["expr"].count("[5m]") == 3
    assert fast["expr"].endswith("> 0.72")
    assert "lasts 2.1 days" in fast["annotations"]["summary"]


def test_a_limit_between_two_buckets_is_interpolated() -> None:
    two = _slow("m", BOUNDS, 2, "a", "5m")
    assert two == (
        '(1 - (0.3333 * sum(rate(m_bucket{a,le=~"1([.]0)?"}[5m])) + '
        '0.6667 * sum(rate(m_bucket{a,le="2.5"}[5m]))) / sum(rate(m_count{a}[5m])))'
    )
    assert _slow("m", BOUNDS, 0.25, "a", "5m") == (
        '(1 - (sum(rate(m_bucket{a,le="0.25"}[5m]))) / sum(rate(m_count{a}[5m])))'
    )


@settings(max_examples=30)
@given(st.floats(0.001, 1000))
def test_every_limit_is_counted_by_buckets_that_exist(limit: float) -> None:
    text = _slow("m", BOUNDS, limit, "a", "5m")
    assert 1 <= text.count("m_bucket") <= 2
    assert all(f" {share} *" not in text for share in ("0", "1"))


def test_tpu_metrics_are_collected_without_an_object_in_kube_system(
    llm_d: Compiled, kserve: Compiled
) -> None:
    google = the(llm_d, "ClusterPodMonitoring").data["spec"]
    assert google["selector"] == {"matchLabels": {"k8s-app": "tpu-device-plugin"}}
    assert google["endpoints"][0]["port"] == 2112
    operator = the(kserve, "PodMonitor", "tpu-device-plugin")
    assert operator.namespace == "monitoring"
    assert operator.data["spec"]["namespaceSelector"] == {"matchNames": ["kube-system"]}
    boards = the(llm_d, "ConfigMap", "serving-dashboard").data["data"]
    queries = str(json.loads(boards["tpu.json"])["panels"])
    assert "tensorcore_utilization" in queries and 'exported_namespace="models"' in queries


def test_spans_go_from_gateway_picker_and_server_to_the_collector(llm_d: Compiled) -> None:
    server = the(llm_d, "Deployment", "qwen").data["spec"]["template"]["spec"]["containers"][0]
    assert f"--otlp-traces-endpoint={TRACES['endpoint']}" in server["args"]
    picker = the(llm_d, "Deployment", "qwen-picker").data["spec"]["template"]["spec"]
    assert "--tracing=true" in picker["containers"][0]["args"]
    for container in (server, picker["containers"][0]):
        assert {"name": "OTEL_TRACES_SAMPLER_ARG", "value": "0.05"} in container["env"]
    istiod = the(llm_d, "HelmRelease", "istiod").data["spec"]["values"]["meshConfig"]
    (provider,) = istiod["extensionProviders"]
    assert provider["opentelemetry"] == {
        "service": "otel-collector.tracing.svc.cluster.local", "port": 4317,
    }  # fmt: skip
    telemetry = the(llm_d, "Telemetry").data["spec"]["tracing"]
    assert telemetry == [
        {"providers": [{"name": provider["name"]}], "randomSamplingPercentage": 5.0}
    ]
    policies = {r.name for r in bundle_of(llm_d).objects if r.kind == "NetworkPolicy"}
    assert {f"allow-traces-{end}-egress" for end in ("models", "schedulers", "gateway")} <= policies


def test_kserve_is_told_and_googles_gateway_is_not(kserve: Compiled) -> None:
    tracing = the(kserve, "LLMInferenceService").data["spec"]["tracing"]
    assert (tracing["exporterEndpoint"], tracing["samplerArg"]) == (TRACES["endpoint"], "0.5")
    kinds = {r.kind for r in bundle_of(kserve).objects}
    assert "Telemetry" not in kinds
    policies = {r.name for r in bundle_of(kserve).objects if r.kind == "NetworkPolicy"}
    assert "allow-traces-gateway-egress" not in policies


def test_the_proxies_of_envoy_gateway_begin_the_trace() -> None:
    gateway = {"class": "envoy", "exposure": "internal"}
    compiled = of_one_model("llm-d-0.9", gateway, ONE, True, {"traces": {**TRACES, "percent": 0.5}})
    tracing = the(compiled, "EnvoyProxy").data["spec"]["telemetry"]["tracing"]
    assert tracing["samplingFraction"] == {"numerator": 500, "denominator": 100000}
    assert tracing["provider"]["host"] == "otel-collector.tracing.svc.cluster.local"
    infrastructure = the(compiled, "Gateway").data["spec"]["infrastructure"]
    assert infrastructure["parametersRef"] == {
        "group": "gateway.envoyproxy.io", "kind": "EnvoyProxy",
        "name": the(compiled, "EnvoyProxy").name,
    }  # fmt: skip
    policies = {r.name for r in bundle_of(compiled).objects if r.kind == "NetworkPolicy"}
    assert "allow-traces-gateway-egress" in policies
    assert {f.rule.id for f in compiled.findings} <= {
        "supply-image-digest", "supply-model-revision-pinned",
    }  # fmt: skip
    # An address outside of the cluster is not one that the proxies know.
    outside = {"endpoint": "http://10.8.0.9:4317", "collector": "10.8.0.9/32"}
    other = of_one_model("llm-d-0.9", gateway, ONE, False, {"traces": outside})
    assert not [r for r in bundle_of(other).objects if r.kind == "EnvoyProxy"]


@pytest.mark.parametrize("platform", ["kserve", "llm_d"])
def test_nothing_is_wrong_with_them(platform: str, request: pytest.FixtureRequest) -> None:
    compiled: Compiled = request.getfixturevalue(platform)
    rules = {f.rule.id for f in compiled.findings}
    assert rules <= {"supply-image-digest", "supply-model-revision-pinned"}, [
        f.message for f in compiled.findings
    ]


def test_the_limit_of_the_slo_is_traced_to_its_alerts(llm_d: Compiled) -> None:
    path = ("spec", "serving", "models", 0, "slo", "ttft", "p95")
    hits = {h.path for h in impact(bundle_of(llm_d), [path]) if "rules" in h.file}
    assert any("expr" in hit for hit in hits)


@pytest.mark.parametrize(
    ("traces", "place", "message"),
    [
        ({"endpoint": TRACES["endpoint"]}, "traces", "has no collector"),
        ({"collector": TRACES["collector"]}, "traces", "has no endpoint"),
        ({**TRACES, "collector": "otel/app=x"}, "traces.collector", "the namespace tracing, but"),
    ],
)
def test_traces_that_go_nowhere_are_named(traces: dict[str, Any], place: str, message: str) -> None:
    compiled = observed("llm-d-0.9", ISTIO, {"traces": traces})
    (finding,) = [f for f in compiled.findings if f.rule.id == "spec-traces"]
    assert message in finding.message
    assert show_path(finding.places[0].path) == f"spec.observe.{place}"
