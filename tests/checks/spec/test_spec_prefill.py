"""Prefill of a model: what is missing, and what contradicts it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks import build_data, split_stack

RULES = {"spec-prefill", "spec-release-unsupported", "spec-unknown-reference", "spec-gpu-count",
         "spec-derived-flag"}  # fmt: skip
_TPU_PORT = {
    "spec": {
        "containers": [
            {"name": "modelserver", "env": [{"name": "TPU_KV_TRANSFER_PORT", "value": "1"}]}
        ]
    }
}


def test_the_port_of_decode_servers_is_not_that_of_the_stack() -> None:
    data = split_stack("llm-d-0.9", names={"prefill": "first"})
    data["spec"]["serving"]["port"] = 8200
    found = build_data("default", data)
    assert [(f.rule.id, f.message.partition(",")[0]) for f in found.findings] == [
        ("spec-prefill", "spec.serving.port is 8200")
    ]
    data["spec"]["serving"]["port"] = 9000
    bundle = build_data("default", data).bundle
    assert bundle is not None
    (first,) = [r for r in bundle.of_kind("Deployment", "apps") if r.name == "first"]
    (server,) = first.get("spec", "template", "spec", "containers")
    assert "--port=9000" in server["args"]
    assert server["readinessProbe"]["httpGet"]["port"] == 9000
    ports = {
        port["port"]
        for policy in bundle.of_kind("NetworkPolicy", "networking.k8s.io")
        for rule in policy.get("spec", "ingress") or ()
        for port in rule.get("ports", ())
    }
    assert 9000 in ports and 8000 not in ports


def _said(**model: Any) -> list[tuple[str, str]]:
    found = build_data("default", split_stack("llm-d-0.9", **model)).findings
    return [(f.rule.id, f.message) for f in found if f.rule.id in RULES]


@pytest.mark.parametrize(
    ("model", "rule", "words"),
    [
        ({"prefill": {"nodePool": "prefill"}}, "spec-prefill", "prefill without replicas"),
        ({"scheduler": False}, "spec-prefill", "only an endpoint picker selects"),
        (
            {"prefill": {"replicas": 1, "nodePool": "prefil"}},
            "spec-unknown-reference",
            "qwen-prefill uses node pool 'prefil'",
        ),
        ({"kvOffload": {"memory": "64Gi"}}, "spec-prefill", "each needs its own connector"),
        ({"prefill": {"replicas": 1, "gpus": 2}}, "spec-gpu-count", "qwen-prefill requests 2 GPUs"),
        ({"replicas": 0}, "spec-prefill", "without decode servers, requests fail"),
        ({"template": _TPU_PORT}, "spec-derived-flag", "stackgen sets TPU_KV_TRANSFER_PORT"),
        (
            {"prefill": {"replicas": 1, "template": _TPU_PORT}},
            "spec-derived-flag",
            "stackgen sets TPU_KV_TRANSFER_PORT",
        ),
    ],
)
def test_a_contradiction_is_said_at_its_line(model: dict[str, Any], rule: str, words: str) -> None:
    assert [(one, words in message) for one, message in _said(**model)] == [(rule, True)]


def test_help_about_gpus_names_the_field_that_sets_them() -> None:
    for model, field in (
        (("prefill", {"replicas": 1, "gpus": 1}), "prefill.gpus"),
        (("gpus", 1), "gpus"),
    ):
        found = build_data("default", split_stack("llm-d-0.9", **dict([model]))).findings
        (*_, last) = [f for f in found if f.rule.id == "spec-gpu-count"]
        assert f"Remove `{field}` of the model" in last.remedy
        assert "requests 1 GPU and runs" in last.message


def test_a_model_with_the_name_of_the_prefill_servers_is_refused() -> None:
    data = split_stack("llm-d-0.9")
    models = data["spec"]["serving"]["models"]
    models.append({"name": "qwen-prefill", "model": models[0]["model"], "nodePool": "decode"})
    found = build_data("default", data).findings
    (message,) = [f.message for f in found if f.rule.id == "spec-prefill"]
    assert "whose Deployment is qwen-prefill" in message


def test_a_release_without_it_refuses_it_with_the_reason() -> None:
    found = build_data("default", split_stack("llm-d-infra-xks-0.15")).findings
    (message,) = [f.message for f in found if f.rule.id == "spec-release-unsupported"]
    assert "does not support serving.models.prefill" in message
    assert "kserve-0.21 and llm-d-0.9 have it" in message


def test_servers_of_several_hosts_are_refused_for_each_role() -> None:
    data = split_stack("llm-d-0.9", {"accelerator": "v6e", "topology": "4x4"})
    found = build_data("default", data)
    said = [f.message for f in found.findings if f.rule.id == "spec-prefill"]
    assert [message.partition(" has ")[0] for message in said] == ["qwen", "qwen-prefill"]
    assert all("4 hosts (v6e 4x4); TPUConnector" in message for message in said)
    assert found.bundle is None


WRONG = [("metadata", "name"), ("spec", "gateway", "listeners", 0, "port"),
         ("spec", "gateway", "listeners", 0, "protocol"),
         ("spec", "serving", "models", 0, "name"),
         ("spec", "serving", "models", 0, "prefill", "autoscaling", "metric"),
         ("spec", "serving", "models", 0, "prefill", "template", "spec", "containers", 0, "env", 0,
          "name")]  # fmt: skip


@pytest.mark.parametrize("path", WRONG, ids=lambda path: str(path[-1]))
def test_a_list_in_place_of_a_value_stops_no_check(path: tuple[Any, ...]) -> None:
    asked = {"nodePool": "prefill", "autoscaling": {"max": 2, "metric": "ttft", "target": 1}}
    data = split_stack("llm-d-0.9", prefill={**asked, "template": _TPU_PORT})
    listeners = [{"name": "a", "port": 8443, "protocol": "HTTPS"}, {"name": "b", "port": 8443}]
    data["spec"].setdefault("gateway", {})["listeners"] = listeners
    around: Any = data
    for step in path[:-1]:
        around = around[step]
    around[path[-1]] = ["a"]
    rules = {finding.rule.id for finding in build_data("default", data).findings}
    assert "rule-crashed" not in rules
