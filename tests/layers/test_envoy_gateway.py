"""Envoy Gateway with Envoy AI Gateway as the gateway: `gateway.class: envoy`."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.checks.serving.gateway import gateway_pool_support
from stackgen.compiler import Compiled
from stackgen.findings.model import Severity
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.profile import profile_of
from stackgen.net.prove import prove
from stackgen.plan.listeners import service_host
from stackgen.plan.platform_pods import platform_parts
from tests.stacks import of_one_model

ENVOY = {"class": "envoy", "namespace": "gateway", "exposure": "internal"}
POOL = {"accelerator": "v6e", "topology": "2x4"}
RELEASES = ("kserve-0.21", "llm-d-0.9")


@pytest.fixture(scope="module")
def stacks() -> dict[str, Compiled]:
    return {name: of_one_model(name, ENVOY, POOL, prove=True) for name in RELEASES}


def named(compiled: Compiled, kind: str, name: str) -> Resource:
    assert compiled.bundle is not None
    (found,) = (r for r in compiled.bundle.objects if (r.kind, r.name) == (kind, name))
    return found


def kinds(compiled: Compiled) -> set[str]:
    assert compiled.bundle is not None
    return {f"{r.kind}/{r.name}" for r in compiled.bundle.objects}


@pytest.mark.parametrize("release", RELEASES)
def test_the_stack_has_no_finding_of_its_gateway(release: str, stacks: dict[str, Compiled]) -> None:
    rules = {f.rule.id for f in stacks[release].findings if f.severity is not Severity.INFO}
    # The release names images by tag, and the model has no revision.
    assert rules <= {"supply-image-digest", "supply-model-revision-pinned"}


@pytest.mark.parametrize("release", RELEASES)
def test_the_class_its_controllers_and_their_definitions_are_installed(
    release: str, stacks: dict[str, Compiled]
) -> None:
    compiled = stacks[release]
    there = kinds(compiled)
    assert {
        "GatewayClass/envoy", "Kustomization/envoy-gateway-crds", "HelmRelease/ai-gateway-crds",
        "HelmRelease/envoy-gateway", "HelmRelease/ai-gateway", "HelmRelease/cert-manager",
        "Namespace/envoy-gateway-system", "Namespace/envoy-ai-gateway-system",
    } <= there  # fmt: skip
    assert not {"HelmRelease/istiod", "HelmRelease/istio-base", "Namespace/istio-system"} & there
    assert not [one for one in there if one.startswith("DestinationRule/")]
    gateway = named(compiled, "HelmRelease", "envoy-gateway")
    # The chart brings definitions of the Gateway API, which belong to GKE.
    assert (
        gateway.get("spec", "install", "crds") == gateway.get("spec", "upgrade", "crds") == "Skip"
    )
    settings: Any = gateway.get("spec", "values", "config", "envoyGateway")
    assert settings["provider"]["kubernetes"]["deploy"] == {"type": "GatewayNamespace"}
    assert settings["extensionManager"]["backendResources"][0]["kind"] == "InferencePool"


@pytest.mark.parametrize("release", RELEASES)
def test_the_proxies_are_beside_the_gateway_on_ports_that_they_may_bind(
    release: str, stacks: dict[str, Compiled]
) -> None:
    compiled = stacks[release]
    gateway = named(compiled, "Gateway", "inference-gateway")
    assert gateway.get("spec", "gatewayClassName") == "envoy"
    internal = {"networking.gke.io/load-balancer-type": "Internal"}
    assert gateway.get("spec", "infrastructure", "annotations") == internal
    policy: Any = named(compiled, "NetworkPolicy", "allow-gateway").get("spec")
    assert policy["ingress"][0] == {"ports": [{"protocol": "TCP", "port": 10080}]}
    assert policy["ingress"][1]["ports"] == [{"protocol": "TCP", "port": 19001}]
    controllers = [
        one for one in policy["egress"]
        if one["to"][0]["podSelector"].get("matchLabels") == {"control-plane": "envoy-gateway"}
    ]  # fmt: skip
    assert [one["ports"] for one in controllers] == [[{"protocol": "TCP", "port": 18000}]]
    assert "PodMonitoring/envoy" in kinds(compiled)


@pytest.mark.parametrize("release", RELEASES)
def test_every_needed_connection_is_open_and_every_forbidden_one_closed(
    release: str, stacks: dict[str, Compiled]
) -> None:
    compiled = stacks[release]
    assert compiled.bundle is not None
    assert compiled.plan is not None
    proofs = list(prove(compiled.bundle, profile_of(compiled.plan)))
    assert [p for p in proofs if not p.holds] == []
    ids = {(p.flow.id, p.flow.source.role, p.flow.destination.role) for p in proofs}
    assert ("F12", "gateway", "envoy-gateway") in ids
    assert ("F28", "envoy-gateway", "ai-gateway") in ids
    assert not [one for one in ids if "istiod" in one]


def test_a_port_above_the_privileged_ones_stays() -> None:
    listeners = [{"name": "http", "port": 8080}]
    compiled = of_one_model("kserve-0.21", {**ENVOY, "listeners": listeners}, POOL)
    policy: Any = named(compiled, "NetworkPolicy", "allow-gateway").get("spec")
    assert policy["ingress"][0] == {"ports": [{"protocol": "TCP", "port": 8080}]}


def test_its_pods_are_counted_and_its_service_is_asked(stacks: dict[str, Compiled]) -> None:
    plan = stacks["kserve-0.21"].plan
    assert plan is not None
    counted = {part.name for part in platform_parts(plan)}
    assert {"envoy-gateway", "ai-gateway-controller", "envoy-proxy"} <= counted
    assert not {"istiod", "inference-gateway"} & counted
    assert service_host(plan).value == "inference-gateway.gateway"


@pytest.mark.parametrize(
    ("release", "more", "place", "why"),
    [
        ("kserve-0.21", {"proxyOnlySubnet": "10.129.0.0/23"}, "proxyOnlySubnet", "are Pods"),
        (
            "kserve-0.21", {"authentication": {"jwt": [{"issuer": "https://login.example.com"}]}},
            0, "does not find the keys of an issuer by itself",
        ),
        ("llm-d-infra-xks-0.15", {}, "class", "lets Istio's gateway alone speak TLS"),
    ],
)  # fmt: skip
def test_what_cannot_be_rendered_is_refused_at_its_line(
    release: str, more: dict[str, Any], place: str | int, why: str
) -> None:
    compiled = of_one_model(release, {**ENVOY, **more}, POOL)
    assert compiled.bundle is None
    told = [f for f in compiled.findings if why in f.message]
    assert [f.places[0].path[-1] for f in told] == [place]


def test_argo_cd_leaves_the_definitions_of_the_chart_out() -> None:
    compiled = of_one_model("llm-d-0.9", ENVOY, POOL, delivery={"engine": "argocd"})
    source: Any = named(compiled, "Application", "envoy-gateway").get("spec", "source", "helm")
    assert source["skipCrds"] is True
    other: Any = named(compiled, "Application", "ai-gateway").get("spec", "source", "helm")
    assert "skipCrds" not in other
    # What the chart signs itself would be another certificate at each rendering.
    assert other["valuesObject"]["controller"]["mutatingWebhook"]["certManager"]["enable"] is True


def test_an_existing_envoy_gateway_has_what_the_spec_says_of_it() -> None:
    """The finding is an info where only the rendered objects are known, and none for the stack."""
    gateway = {**ENVOY, "listeners": [{"name": "http", "port": 80}]}
    compiled = of_one_model("kserve-0.21", gateway, POOL)
    assert compiled.bundle is not None
    left = ("GatewayClass", "HelmRelease")
    bundle = Bundle(tuple(r for r in compiled.bundle.resources if r.kind not in left))
    (found,) = gateway_pool_support.check(Context(bundle))
    assert found.severity is Severity.INFO
    assert not list(gateway_pool_support.check(Context(bundle, plan=compiled.plan)))
