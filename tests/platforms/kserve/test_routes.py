"""The rules of the route: which request goes to which backend, and under which path."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.platforms.kserve.expand import expand
from stackgen.platforms.kserve.routes import MODEL_ROUTING, route
from tests.platforms.kserve.services import FIRST, FULL, one, row, service

POOL = "InferencePool/qwen-inference-pool"
SERVICE = "Service/qwen-kserve-workload-svc"
PUBLISHER = "/publishers/serving/models/Qwen/Qwen3-0.6B"
LATER = ["completions", "chat/completions", "responses", "messages"]


def rules(release: str, data: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = one(
        expand(data or service(**FULL), row(release)), "HTTPRoute"
    )["spec"]["rules"]  # fmt: skip
    return found


def told(rule: dict[str, Any]) -> tuple[str, str, str]:
    """Where the paths of a rule go, and what the server sees of them."""
    usual = {"type": "PathPrefix", "value": "/"}
    paths = [m.get("path", usual) for m in rule["matches"]]
    paths = [f"{path['type']} {path['value']}" for path in paths]
    (backend,) = rule["backendRefs"]
    filters = rule.get("filters", [])
    rewrite = [f["urlRewrite"]["path"]["replacePrefixMatch"] for f in filters]
    return ", ".join(paths), f"{backend['kind']}/{backend['name']}", " ".join(rewrite)


def test_completions_go_to_the_pool_and_all_else_to_the_service() -> None:
    assert [told(rule) for rule in rules(FIRST)] == [
        ("PathPrefix /serving/qwen/v1/completions", POOL, "/v1/completions"),
        ("PathPrefix /serving/qwen/v1/chat/completions", POOL, "/v1/chat/completions"),
        ("PathPrefix /serving/qwen", SERVICE, "/"),
    ]


def test_later_releases_route_by_publisher_and_by_header_as_well() -> None:
    exact = ", ".join(f"Exact /v1/{p}, Exact /v1/{p}/" for p in LATER)
    asked = service(**FULL, annotations={MODEL_ROUTING: "true"})
    found = rules("odh-master", asked)
    assert [told(rule) for rule in found] == [
        *((f"PathPrefix /serving/qwen/v1/{p}", POOL, f"/v1/{p}") for p in LATER),
        (exact, POOL, ""),
        *((f"PathPrefix {PUBLISHER}/v1/{p}", POOL, f"/v1/{p}") for p in LATER),
        (f"PathPrefix {PUBLISHER}", SERVICE, "/"),
        ("PathPrefix /serving/qwen", SERVICE, "/"),
        ("PathPrefix /", SERVICE, ""),
    ]
    # The preset switches it on; a service can switch it off.
    off = service(**FULL, annotations={MODEL_ROUTING: "false"})
    assert not any("headers" in m for r in rules("odh-master", off) for m in r["matches"])
    # Paths that all services share are told apart by the header, and only these.
    header = {
        "name": "X-Gateway-Model-Name", "type": "Exact",
        "value": "publishers/serving/models/Qwen/Qwen3-0.6B",
    }  # fmt: skip
    shared = [r for r in found if any("headers" in m for m in r["matches"])]
    assert [r["name"] for r in shared] == ["v1-model-routing", "v1-catch-all-model-routing"]
    assert all(m["headers"] == [header] for r in shared for m in r["matches"])


def test_every_rule_waits_as_long_as_the_server_does() -> None:
    for release in (FIRST, "odh-master"):
        for rule in rules(release):
            assert rule["timeouts"] == {"request": "0s", "backendRequest": "0s"}
            (backend,) = rule["backendRefs"]
            assert (backend["port"], backend["weight"]) == (8000, 1)


@pytest.mark.parametrize(
    ("release", "group"),
    [(FIRST, "inference.networking.x-k8s.io"), ("odh-master", "inference.networking.x-k8s.io")],
)
def test_a_route_begins_with_the_older_group(release: str, group: str) -> None:
    backends = [b for rule in rules(release) for b in rule["backendRefs"]]
    assert {b.get("group") for b in backends if b["kind"] == "InferencePool"} == {group}
    assert {b.get("group") for b in backends if b["kind"] == "Service"} == {None}


def test_a_service_without_a_namespace_is_routed_as_in_default() -> None:
    data = service(**FULL)
    del data["metadata"]["namespace"]
    assert told(rules(FIRST, data)[2])[0] == "PathPrefix /default/qwen"


def test_without_a_scheduler_only_backends_that_are_the_pool_change() -> None:
    mine = {"kind": "Service", "name": "mine", "port": 80}
    group = "inference.networking.k8s.io"
    pool = {"group": group, "kind": "InferencePool", "name": "qwen-inference-pool", "port": 8000}
    own = [
        {"backendRefs": [mine, pool, "no backend"]}, {"backendRefs": [mine]}, {"matches": []}, "x",
    ]  # fmt: skip
    server = {"group": "", "kind": "Service", "name": "qwen-kserve-workload-svc", "port": 8000}
    asked = {"router": {"route": {"http": {"spec": {"rules": own}}}}}
    assert route(row(FIRST), asked, "serving", "qwen") == {
        "rules": [{"backendRefs": [mine, server, "no backend"]}, *own[1:]]
    }
    asked["router"]["scheduler"] = {}
    older = {**pool, "group": "inference.networking.x-k8s.io"}
    assert route(row(FIRST), asked, "serving", "qwen") == {
        "rules": [{"backendRefs": [mine, older, "no backend"]}, *own[1:]]
    }


def test_gateways_are_named_in_full_and_what_is_none_is_left_out() -> None:
    gateway = {"refs": [{"name": "edge"}, "x"]}
    asked = {"router": {"route": {"http": {"spec": {"rules": []}}}, "gateway": gateway}}
    edge = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}
    for release, namespace in ((FIRST, {"namespace": ""}), ("odh-master", {})):
        found = route(row(release), asked, "serving", "qwen")
        assert found == {"parentRefs": [{**edge, **namespace}], "rules": []}
