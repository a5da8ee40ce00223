"""Keys, tenants and limits that cannot be enforced, at the key of the spec."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.findings.model import Severity
from stackgen.manifest.document import show_path
from tests.stacks import build_data, of_one_model, split_stack

POOL = {"accelerator": "v6e", "topology": "2x4"}
ENVOY = {"class": "envoy"}
GOOGLE = {
    "class": "gke-l7-rilb", "exposure": "internal", "proxyOnlySubnet": "10.129.0.0/23",
}  # fmt: skip
KEY, OTHER = {"name": "app", "secret": "key"}, {"name": "web", "secret": "web-key"}
ISSUER = {"issuer": "https://login.example.com", "jwksUri": "https://login.example.com/keys"}
TEAM = {"name": "team", "apiKeys": ["app"]}
CLAIM = {"name": "tenant", "value": "a"}


def keys(*clients: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"authentication": {"apiKeys": list(clients)}, **more}


@pytest.mark.parametrize(
    ("gateway", "place", "message"),
    [
        ({**GOOGLE, **keys(KEY)}, "authentication.apiKeys", "verifies no API keys"),
        ({**GOOGLE, "tenants": [TEAM]}, "tenants", "does not tell tenants"),
        (
            {**GOOGLE, "limits": {"requestsPerMinute": 9}}, "limits.requestsPerMinute",
            "Cloud Armor",
        ),
        ({"limits": {"requestMiB": 1}}, "limits.requestMiB", "only an EnvoyFilter"),
        ({"limits": {"concurrentRequests": 1}}, "limits.concurrentRequests", "go to Pods"),
        ({"limits": {"securityPolicy": "a"}}, "limits.securityPolicy", "passes connections on"),
        ({**ENVOY, "limits": {"securityPolicy": "a"}}, "limits.securityPolicy", "Cloud Armor"),
        (keys(KEY, tenants=[{"name": "team"}]), "tenants[0].name", "no client belongs to it"),
        (
            keys(KEY, tenants=[{"name": "team", "apiKeys": ["ap"]}]), "tenants[0].apiKeys[0]",
            "names client ap, which does not exist",
        ),
        (
            keys(KEY, tenants=[{**TEAM, "models": ["qwem"]}]), "tenants[0].models[0]",
            "names model qwem, which does not exist",
        ),
        (keys(KEY, OTHER, tenants=[TEAM]), "authentication.apiKeys[1].name", "to no tenant"),
        (
            keys(KEY, tenants=[TEAM, {**TEAM, "name": "two"}]), "tenants[1].apiKeys[0]",
            "belongs to several tenants",
        ),
        (keys(KEY, {**OTHER, "secret": "key"}), "authentication.apiKeys[1].secret", "the Secret"),
        ({"tenants": [{"name": "team", "claim": CLAIM}]}, "tenants[0].claim", "has no issuer"),
        (
            {
                "authentication": {"jwt": [ISSUER]},
                "tenants": [{"name": "t", "claim": {"name": "a"}}],
            },
            "tenants[0].claim", "without name or value",
        ),
        (
            {
                "authentication": {"jwt": [ISSUER]},
                "tenants": [{"name": "t", "claim": CLAIM}, {"name": "u", "claim": CLAIM}],
            },
            "tenants[1].claim", "two tenants have the claim tenant: a",
        ),
        (
            {**ENVOY, "authentication": {"jwt": [ISSUER], "apiKeys": [KEY]}},
            "authentication.apiKeys", "would demand both",
        ),
        (
            {**ENVOY, "authentication": {"jwt": [{"issuer": "https://a.example.com"}]}},
            "authentication.jwt[0]", "jwksUri is not set",
        ),
        (keys(KEY, tenants=[{**TEAM, "models": []}]), "tenants[0].models", "call every model"),
        (keys(), "authentication.apiKeys", "no credentials are demanded"),
        ({"authentication": {"jwt": []}}, "authentication.jwt", "no credentials are demanded"),
        (keys(KEY, tenants=[]), "tenants", "every client may call every model"),
        (
            {"authentication": {"jwt": [{**ISSUER, "audiences": []}]}},
            "authentication.jwt[0].audiences", "any audience",
        ),
    ],
)  # fmt: skip
def test_what_a_gateway_cannot_enforce_is_an_error(
    gateway: dict[str, Any], place: str, message: str
) -> None:
    compiled = of_one_model("llm-d-0.9", gateway, POOL)
    assert compiled.bundle is None
    found = [f for f in compiled.findings if f.rule.id == "spec-access" and message in f.message]
    assert [show_path(f.places[0].path) for f in found] == [f"spec.gateway.{place}"]


def test_an_empty_list_beside_one_with_items_changes_nothing() -> None:
    given = keys(KEY, tenants=[{**TEAM, "claim": {}}])
    given["authentication"]["jwt"] = []
    compiled = of_one_model("llm-d-0.9", given, POOL)
    assert "spec-access" not in {f.rule.id for f in compiled.findings}


@pytest.mark.parametrize(
    ("names", "remedy"),
    [
        (["app", "nix"], "Write `apiKeys: [app]`, or add nix to `gateway.authentication.apiKeys`."),
        (["app", "wep"], "Write `apiKeys: [app, web]`, or add wep to "),
        (["nix"], "Add nix to `gateway.authentication.apiKeys`."),
    ],
)
def test_a_name_that_does_not_exist_has_the_right_list_as_remedy(
    names: list[str], remedy: str
) -> None:
    compiled = of_one_model(
        "llm-d-0.9", keys(KEY, OTHER, tenants=[{**TEAM, "apiKeys": names}]), POOL
    )
    (found,) = [f for f in compiled.findings if "does not exist" in f.message]
    assert found.remedy.startswith(remedy)


def test_a_day_with_fewer_tokens_than_a_minute_is_a_warning() -> None:
    team = {**TEAM, "tokensPerMinute": 100, "tokensPerDay": 10}
    compiled = of_one_model("llm-d-0.9", keys(KEY, tenants=[team]), POOL)
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-access"]
    assert (found.level, compiled.bundle is None) == (Severity.WARNING, False)
    assert show_path(found.places[0].path) == "spec.gateway.tenants[0].tokensPerDay"


def test_a_class_that_is_not_set_is_said_to_be_so() -> None:
    compiled = of_one_model("llm-d-0.9", {"limits": {"requestMiB": 1}}, POOL)
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-access"]
    assert [place.note for place in found.places] == ["", "the class: not set"]


def test_names_of_adapters_tell_models_as_well() -> None:
    limits = keys(KEY, tenants=[{**TEAM, "tokensPerDay": 9}])
    data = split_stack("llm-d-0.9", gateway={**ENVOY, **limits}, servedName="sql")
    adapters = [{"name": name, "model": "hf://acme/a", "rank": 8} for name in ("law", "sql")]
    second = {"name": "two", "model": "hf://Qwen/Qwen3-8B", "nodePool": "decode"}
    data["spec"]["serving"]["models"].append({**second, "adapters": adapters})
    (found,) = [f for f in build_data("default", data).findings if f.rule.id == "spec-access"]
    assert "models or adapters are served as sql" in found.message
    assert [show_path(place.path) for place in found.places] == [
        "spec.serving.models[1].adapters[1].name", "spec.serving.models[0].name",
    ]  # fmt: skip


def test_tokens_are_not_counted_on_routes_of_a_controller() -> None:
    limits = keys(KEY, tenants=[{**TEAM, "tokensPerDay": 9}])
    compiled = of_one_model("kserve-0.21", {**ENVOY, **limits}, POOL)
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-access"]
    assert "makes the routes of its models" in found.message and "llm-d-0.9" in found.remedy
    compiled = of_one_model("llm-d-0.9", {**ENVOY, **limits}, POOL, scheduler=False)
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-access"]
    assert show_path(found.places[0].path) == "spec.serving.models[0].scheduler"


def test_a_release_without_them_is_named_with_those_that_have_them() -> None:
    compiled = of_one_model("llm-d-infra-xks-0.15", keys(KEY), POOL)
    (found,) = [f for f in compiled.findings if f.rule.id == "spec-release-unsupported"]
    assert "does not support gateway.authentication.apiKeys" in found.message
    assert "kserve-0.21 and llm-d-0.9" in found.message
