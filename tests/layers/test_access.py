"""Who may call and how much: what each class of Gateway renders for keys, tokens and quotas."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from stackgen.compiler import Compiled
from stackgen.findings.model import Severity
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.flows import flows_of
from stackgen.net.profile import profile_of
from stackgen.net.prove import prove
from stackgen.net.world import world_of
from stackgen.plan.listeners import base_url
from stackgen.plan.platform_pods import platform_parts
from stackgen.provenance.impact import impact
from tests.findings.given import outcome
from tests.stacks import build_data, of_one_model

POOL = {"accelerator": "v6e", "topology": "2x4"}
HTTPS = [
    {"name": "http", "port": 80},
    {"name": "https", "port": 443, "protocol": "HTTPS", "hostname": "models.example.com",
     "tls": {"secret": "certificate"}},
]  # fmt: skip
KEYS = [{"name": "app-a", "secret": "a-key"}, {"name": "app-b", "secret": "b-key"}]
TENANTS = [
    {"name": "team-a", "apiKeys": ["app-a"], "models": ["qwen"], "tokensPerMinute": 20000,
     "tokensPerDay": 900000, "requestsPerMinute": 60},
    {"name": "team-b", "apiKeys": ["app-b"], "requestsPerMinute": 30},
]  # fmt: skip
ISSUER = {"issuer": "https://login.example.com", "jwksUri": "https://keys.example.com:8443/jwks"}
CLAIMS = [
    {"name": "team-a", "claim": {"name": "team_id", "value": "a"}, "requestsPerMinute": 60},
    {"name": "team-b", "claim": {"name": "team_id", "value": "b"}, "models": ["none"]},
]
BY_KEYS = {"listeners": HTTPS, "authentication": {"apiKeys": KEYS}, "tenants": TENANTS}


def built(release: str, **gateway: Any) -> Compiled:
    return of_one_model(release, copy.deepcopy(gateway), POOL, True)


@pytest.fixture(scope="module")
def istio() -> Compiled:
    return built("llm-d-0.9", **BY_KEYS, limits={"requestsPerMinute": 600})


@pytest.fixture(scope="module")
def envoy() -> Compiled:
    limits = {"requestMiB": 4, "concurrentRequests": 100, "requestSeconds": 600}
    gateway = {"class": "envoy", **copy.deepcopy(BY_KEYS), "limits": limits}
    adapters = [{"name": name, "model": f"hf://acme/{name}", "rank": 8} for name in ("sql", "law")]
    observe = {"smokeTest": True}
    return of_one_model("llm-d-0.9", gateway, POOL, True, adapters=adapters, observe=observe)


def bundle_of(compiled: Compiled) -> Bundle:
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    return compiled.bundle


def the(compiled: Compiled, kind: str, name: str = "") -> Resource:
    (found,) = [r for r in bundle_of(compiled).objects if r.kind == kind and name in ("", r.name)]
    return found


def kinds(compiled: Compiled) -> set[str]:
    return {r.kind for r in bundle_of(compiled).objects}


def errors(compiled: Compiled) -> set[str]:
    return {f.rule.id for f in compiled.findings if f.severity is Severity.ERROR}


def flows(compiled: Compiled) -> set[tuple[str, str]]:
    assert compiled.plan is not None
    profile = profile_of(compiled.plan)
    proofs = prove(bundle_of(compiled), profile)
    assert [p.flow.id for p in proofs if not p.holds] == []
    found = flows_of(world_of(bundle_of(compiled), profile), profile)
    return {(f.source.role, f.destination.role) for f in found if f.kind == "needed"}


# -- Istio: Kuadrant ------------------------------------------------------------------------------


def test_kuadrant_tells_tenants_by_the_mark_of_their_keys(istio: Compiled) -> None:
    assert errors(istio) == set()
    spec: Any = the(istio, "AuthPolicy").get("spec")
    assert spec["targetRef"]["sectionName"] == "https"  # the redirect needs no key
    rules = spec["rules"]["authentication"]
    assert rules["api-keys"]["credentials"] == {"authorizationHeader": {"prefix": "Bearer"}}
    (may,) = spec["rules"]["authorization"]["tenants"]["patternMatching"]["patterns"]
    assert 'request.path.startsWith("/models/qwen/")' in may["predicate"]
    key = the(istio, "ExternalSecret", "a-key")
    marks: Any = key.get("spec", "target", "template", "metadata")
    assert key.namespace == "kuadrant-system"
    assert marks["labels"] == {
        "authorino.kuadrant.io/managed-by": "authorino",
        **rules["api-keys"]["apiKey"]["selector"]["matchLabels"],
    }
    assert marks["annotations"]["stackgen.dev/tenant"] == "team-a"
    entry = {"secretKey": "api_key", "remoteRef": {"key": "a-key"}}
    assert key.get("spec", "data") == [entry]


def test_kuadrant_counts_requests_and_tokens_of_each_tenant(istio: Compiled) -> None:
    requests: Any = the(istio, "RateLimitPolicy").get("spec", "limits")
    assert requests["all"] == {"rates": [{"limit": 600, "window": "1m"}]}
    assert requests["tenant-team-b"]["rates"] == [{"limit": 30, "window": "1m"}]
    tokens: Any = the(istio, "TokenRateLimitPolicy").get("spec", "limits")
    assert tokens.keys() == {"tenant-team-a"}
    assert tokens["tenant-team-a"] == {
        "rates": [{"limit": 20000, "window": "1m"}, {"limit": 900000, "window": "24h"}],
        "when": [{"predicate": 'auth.identity.tenant == "team-a"'}],
        "counters": [{"expression": "auth.identity.tenant"}],
    }


def test_kuadrant_is_installed_after_istio_and_asked_by_the_gateway_alone(istio: Compiled) -> None:
    release: Any = the(istio, "HelmRelease", "kuadrant-operator").get("spec")
    assert release["dependsOn"] == [{"name": "istiod"}]
    the(istio, "Kuadrant")
    assert {("gateway", one) for one in ("authorino", "limitador", "kuadrant")} <= flows(istio)
    assert istio.plan is not None
    assert {"authorino", "limitador"} <= {part.name for part in platform_parts(istio.plan)}


def test_tokens_and_keys_are_told_apart_by_the_rule_that_knows_the_client() -> None:
    both = [{**one, "apiKeys": t["apiKeys"]} for one, t in zip(CLAIMS[:1], TENANTS, strict=False)]
    audience = {"issuer": ISSUER["issuer"], "audiences": ["models"]}
    compiled = built(
        "kserve-0.21", authentication={"apiKeys": KEYS[:1], "jwt": [audience]}, tenants=both,
    )  # fmt: skip
    rules: Any = the(compiled, "AuthPolicy").get("spec", "rules")
    assert rules["authentication"]["issuer-1"] == {
        "jwt": {"issuerUrl": "https://login.example.com"}, "overrides": {"way": {"value": "token"}},
    }  # fmt: skip
    (accepted,) = rules["authorization"]["tokens"]["patternMatching"]["patterns"]
    assert accepted["predicate"].startswith('auth.identity.way == "key" || (')
    assert 'auth.identity.aud in ["models"]' in accepted["predicate"]
    assert not {"RequestAuthentication", "AuthorizationPolicy"} & kinds(compiled)
    assert ("authorino", "key-server") in flows(compiled)


@pytest.mark.parametrize("cidr", [None, "34.1.2.3/32"])
def test_no_rule_of_authorino_allows_what_another_allows(cidr: str | None) -> None:
    issuers = [{"issuer": "https://a.example.com"}, ISSUER]
    way = {"authentication": {"apiKeys": KEYS[:1], "jwt": issuers}}
    data = copy.deepcopy(built("llm-d-0.9", **way).loaded.data)
    data["spec"]["cluster"]["controlPlaneCidr"] = cidr
    compiled = build_data("default", data, prove=True)
    assert "net-rule-redundant" not in {f.rule.id for f in compiled.findings}
    (policy,) = [r for r in bundle_of(compiled).objects if r.name == "allow-authorino"]
    rules: Any = policy.get("spec", "egress")
    assert all(rule["ports"] for rule in rules)
    assert {port["port"] for rule in rules for port in rule["ports"]} == {53, 443, 8443}
    (keys,) = [rule for rule in rules if {"protocol": "TCP", "port": 8443} in rule["ports"]]
    assert ("34.1.2.3/32" in keys["to"][0]["ipBlock"]["except"]) == (cidr is not None)


def test_istio_alone_verifies_tokens_where_nothing_else_is_asked() -> None:
    compiled = built("llm-d-0.9", authentication={"jwt": [ISSUER]})
    assert {"RequestAuthentication", "AuthorizationPolicy"} <= kinds(compiled)
    assert not {"AuthPolicy", "Kuadrant"} & kinds(compiled)


# -- Envoy Gateway --------------------------------------------------------------------------------


def test_envoy_gateway_verifies_keys_and_hides_them_from_models(envoy: Compiled) -> None:
    assert errors(envoy) == set()
    spec: Any = the(envoy, "SecurityPolicy").get("spec")
    assert [one["sectionName"] for one in spec["targetRefs"]] == ["https"]
    assert spec["apiKeyAuth"] == {
        "credentialRefs": [{"name": "a-key"}, {"name": "b-key"}],
        "extractFrom": [{"headers": ["Authorization"]}],
        "forwardClientIDHeader": "x-stackgen-client",
        "sanitize": True,
    }
    clients: Any = the(envoy, "ClientTrafficPolicy").get("spec")
    assert clients["headers"] == {"earlyRequestHeaders": {"remove": ["x-stackgen-client"]}}
    key = the(envoy, "ExternalSecret", "a-key")
    assert (key.namespace, key.get("spec", "data", 0, "secretKey")) == ("opendatahub", "app-a")


def test_envoy_gateway_counts_what_its_extension_reads_in_answers(envoy: Compiled) -> None:
    limits: Any = the(envoy, "BackendTrafficPolicy").get("spec")
    rules = limits["rateLimit"]["global"]["rules"]
    assert [(r["limit"]["requests"], r["limit"]["unit"], "cost" in r) for r in rules] == [
        (60, "Minute", False), (20000, "Minute", True), (900000, "Day", True),
        (30, "Minute", False),
    ]  # fmt: skip
    assert all(rule["shared"] for rule in rules)  # one counter for all models
    assert rules[1]["cost"]["request"] == {"from": "Number", "number": 0}
    route: Any = the(envoy, "AIGatewayRoute").get("spec")
    (cost,) = route["llmRequestCosts"]
    assert rules[1]["cost"]["response"]["metadata"]["key"] == cost["metadataKey"]
    assert route["rules"][0]["timeouts"] == {"request": "600s"}
    headers = [match["headers"] for match in route["rules"][0]["matches"]]
    assert [(one["name"], one["value"]) for (one,) in headers] == [
        ("x-ai-eg-model", name) for name in ("Qwen/Qwen3-32B", "sql", "law")
    ]
    (alert,) = [
        rule["expr"]
        for group in the(envoy, "Rules").get("spec", "groups")
        for rule in group["rules"]
        if rule["alert"] == "RequestsLimited"
    ]
    space = the(envoy, "Gateway", "inference-gateway").namespace
    assert f'envoy_cluster_ratelimit_over_limit{{namespace="{space}"}}' in alert
    assert limits["requestBuffer"] == {"limit": "4Mi"}
    assert limits["circuitBreaker"] == {"maxParallelRequests": 100}
    routes = [r.name for r in bundle_of(envoy).objects if r.kind == "HTTPRoute"]
    assert routes == ["inference-gateway-redirect"]  # no way around the counter
    assert envoy.stack is not None
    assert base_url(envoy.stack.spec, "qwen") == "https://models.example.com:443"


def test_the_smoke_test_needs_the_models_behind_its_routes(envoy: Compiled) -> None:
    assert "Job" in kinds(envoy)
    assert "rollout-blocked-fix" not in {f.rule.id for f in envoy.findings}


def test_its_rate_limit_service_counts_in_redis(envoy: Compiled) -> None:
    values: Any = the(envoy, "HelmRelease", "envoy-gateway").get("spec", "values")
    told = values["config"]["envoyGateway"]["rateLimit"]
    assert told["backend"]["redis"] == {"url": "redis.redis.svc.cluster.local:6379"}
    assert {("gateway", "rate-limit"), ("rate-limit", "redis")} <= flows(envoy)


def test_an_existing_redis_is_not_rendered(envoy: Compiled) -> None:
    assert {"Deployment/redis"} <= {f"{r.kind}/{r.name}" for r in bundle_of(envoy).objects}
    hits = impact(bundle_of(envoy), [("spec", "platform", "redis")])
    assert "out/default/2-platform/operands/deployment-redis.yaml" in {hit.file for hit in hits}


def test_a_model_that_not_all_tenants_may_call_has_a_policy_of_its_own(envoy: Compiled) -> None:
    data = copy.deepcopy(envoy.loaded.data)
    (one,) = data["spec"]["serving"]["models"]
    data["spec"]["serving"]["models"].append(
        {**one, "name": "coder", "servedName": "coder", "adapters": []}
    )
    compiled = build_data("default", data)
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    policy = the(compiled, "SecurityPolicy", "coder-callers")
    spec: Any = policy.get("spec")
    assert policy.namespace == "models"
    assert spec["targetRefs"][0]["name"] == "coder"
    assert spec["apiKeyAuth"]["credentialRefs"] == [{"name": "b-key", "namespace": "opendatahub"}]
    grant: Any = the(compiled, "ReferenceGrant").get("spec")
    assert grant["from"][0]["namespace"] == "models"
    assert [one["name"] for one in grant["to"]] == ["a-key", "b-key"]
    # team-a may call qwen, and so may team-b: the policy of the gateway is enough.
    assert not [r for r in bundle_of(compiled).objects if r.name == "qwen-callers"]


def test_the_proxy_reads_the_keys_of_issuers_itself() -> None:
    compiled = built("llm-d-0.9", **{"class": "envoy"}, authentication={"jwt": [ISSUER]},
                     tenants=CLAIMS[:1])  # fmt: skip
    spec: Any = the(compiled, "SecurityPolicy").get("spec")
    (provider,) = spec["jwt"]["providers"]
    assert provider["claimToHeaders"] == [
        {"claim": "team_id", "header": "x-stackgen-claim-team-id"}
    ]
    (rule,) = spec["authorization"]["rules"]
    assert rule["principal"]["jwt"]["claims"] == [{"name": "team_id", "values": ["a"]}]
    assert ("gateway", "key-server") in flows(compiled)
    egress: Any = the(compiled, "NetworkPolicy", "allow-gateway").get("spec", "egress")
    assert {"protocol": "TCP", "port": 8443} in [p for rule in egress for p in rule["ports"]]


@pytest.mark.parametrize(
    ("gateway", "rule"),
    [
        ({"class": "istio"}, "route-timeout-stream"),
        (
            {"class": "gke-l7-rilb", "exposure": "internal", "proxyOnlySubnet": "10.129.0.0/23"},
            "gke-backend-timeout",
        ),
    ],
)
def test_a_short_time_for_a_response_is_fixed_in_its_field(gateway: Any, rule: str) -> None:
    compiled = built("llm-d-0.9", **gateway, limits={"requestSeconds": 30})
    (found,) = [f for f in outcome(compiled.findings).findings if f.finding.rule.id == rule]
    assert found.primary is not None
    assert found.primary.path == "spec.gateway.limits.requestSeconds"
    assert found.advice.startswith("Raise `spec.gateway.limits.requestSeconds`")


def test_a_public_gateway_without_authentication_is_found_at_its_exposure() -> None:
    compiled = built("llm-d-0.9", exposure="external")
    rule = "gateway-authentication"
    (found,) = [f for f in outcome(compiled.findings).findings if f.finding.rule.id == rule]
    assert found.primary is not None
    assert found.primary.path == "spec.gateway.exposure"
    assert "spec.gateway.authentication.apiKeys" in found.advice


def test_a_policy_of_cloud_armor_is_attached_to_each_pool_of_googles_gateway() -> None:
    gateway = {"class": "gke-l7-rilb", "proxyOnlySubnet": "10.129.0.0/23", "exposure": "internal"}
    compiled = built("llm-d-0.9", **gateway, limits={"securityPolicy": "limit-clients"})
    assert compiled.bundle is not None
    (policy,) = [r for r in compiled.bundle.objects if r.kind == "GCPBackendPolicy"]
    assert policy.data["spec"]["default"]["securityPolicy"] == "limit-clients"
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-access"]
    assert "it is not known whether internal" in found.message
