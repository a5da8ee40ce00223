"""Autoscaling that lacks a field, contradicts another, or has no metric, at the key of the spec."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.manifest.document import show_path
from tests.stacks import build_data, of_one_model, split_stack

POOL = {"accelerator": "v6e", "topology": "2x4"}
ENVOY = {"class": "envoy", "exposure": "internal"}
ISTIO, GOOGLE = {"exposure": "internal"}, {
    "class": "gke-l7-rilb", "exposure": "internal", "proxyOnlySubnet": "10.129.0.0/23",
}  # fmt: skip
FULL = {"max": 2, "target": 32}


@pytest.mark.parametrize(
    ("fields", "gateway", "place", "message", "impact", "remedy"),
    [
        ({"autoscaling": {"max": 2}}, ISTIO, "autoscaling", "autoscaling without target",
         "upper bound", "Set `autoscaling.target: 32`."),
        ({"autoscaling": {"min": 2}}, ISTIO, "autoscaling", "without max and target",
         "upper bound", "Set `autoscaling.max: "),
        ({"autoscaling": FULL, "replicas": 2}, ISTIO, "replicas", "replicas and autoscaling",
         "in turn", "Remove `replicas`"),
        (
            {"autoscaling": {**FULL, "min": 3}}, ISTIO, "autoscaling.min",
            "min 3, which is larger than max 2", "within the bounds",
            "`autoscaling.max` to 3 or more",
        ),
        (
            {"autoscaling": {**FULL, "metric": "kv-cache", "target": 80}}, ISTIO,
            "autoscaling.target", "a share from 0 to 1", "never above 1", "target: 0.8`",
        ),
        (
            {"autoscaling": {**FULL, "min": 0}, "scheduler": False}, ISTIO, "autoscaling.min",
            "min: 0 and scheduler: false", "no values", "`autoscaling.min: 1`",
        ),
        (
            {"autoscaling": {**FULL, "metric": "picker-queue"}, "scheduler": False}, ISTIO,
            "autoscaling.metric", "metric: picker-queue and scheduler: false", "no values",
            "another `autoscaling.metric`",
        ),
        (
            {"autoscaling": {**FULL, "min": 0}}, GOOGLE, "autoscaling.min",
            "behind gke-l7-rilb, which waits 10 s", "would fail", "`gateway.class: istio`",
        ),
        ({"autoscaling": {"max": 2, "metric": "ttft"}}, ISTIO, "autoscaling", "without target",
         "upper bound", "Set `autoscaling.target: 1`. Or set `slo.ttft`"),
        ({"autoscaling": {"max": 2, "metric": "tpot", "target": 500}}, ISTIO, "autoscaling.target",
         "target 500 of tpot, in seconds", "waits so long", "target: 0.5` for 500 ms"),
        (
            {"autoscaling": {**FULL, "min": 0}}, ENVOY, "autoscaling.min",
            "behind envoy, which waits 5 s", "would fail", "`gateway.class: istio`",
        ),
    ],
)  # fmt: skip
def test_each_contradiction_is_named_at_its_key(
    fields: dict[str, Any],
    gateway: dict[str, Any],
    place: str,
    message: str,
    impact: str,
    remedy: str,
) -> None:
    compiled = of_one_model("llm-d-0.9", gateway, POOL, **fields)
    (finding,) = [f for f in compiled.findings if f.rule.id == "spec-autoscaling"]
    assert message in finding.message and impact in finding.impact and remedy in finding.remedy
    assert show_path(finding.places[0].path) == f"spec.serving.models[0].{place}"


def test_a_release_that_cannot_is_named_with_those_that_can() -> None:
    compiled = of_one_model("llm-d-infra-xks-0.15", ISTIO, POOL, autoscaling=FULL)
    (finding,) = [f for f in compiled.findings if f.rule.id == "spec-release-unsupported"]
    assert "does not support serving.models.autoscaling" in finding.message
    assert finding.remedy == (
        "Remove `autoscaling`, or set `release` to `kserve-0.21` or `llm-d-0.9`."
    )
    assert show_path(finding.places[0].path) == "spec.serving.models[0].autoscaling"


@pytest.mark.parametrize(
    ("role", "asked", "field", "message"),
    [
        ("prefill", {"metric": "output-tokens"}, "metric", "writes one token of an answer"),
        ("prefill", {"metric": "tpot"}, "metric", "decode servers write the tokens"),
        ("prefill", {"metric": "picker-queue"}, "metric", "does not say which one is full"),
        ("decode", {"metric": "picker-queue"}, "metric", "does not say which one is full"),
        ("decode", {"metric": "ttft"}, "metric", "prefill servers write the first token"),
        ("prefill", {"min": 0}, "min", "qwen-prefill has autoscaling.min: 0 beside servers"),
        ("decode", {"min": 0}, "min", "only while its InferencePool has no server at all"),
        ("prefill", {"target": None}, "", "qwen-prefill has autoscaling without target"),
    ],
)
def test_what_a_role_cannot_follow_is_named_at_its_key(
    role: str, asked: dict[str, Any], field: str, message: str
) -> None:
    scaled = {"max": 2, "target": 1, **asked}
    model: dict[str, Any] = (
        {"prefill": {"nodePool": "prefill", "autoscaling": scaled}}
        if role == "prefill"
        else {"replicas": None, "autoscaling": scaled}
    )
    compiled = build_data("default", split_stack("llm-d-0.9", **model))
    (finding,) = [f for f in compiled.findings if f.rule.id == "spec-autoscaling"]
    assert message in finding.message
    place = show_path(finding.places[0].path)
    of = "prefill." if role == "prefill" else ""
    assert place == f"spec.serving.models[0].{of}autoscaling" + (f".{field}" if field else "")


@pytest.mark.parametrize(("key", "why"), [("engine", "KEDA alone"), ("wva", "v0.9.0 is its last")])
def test_another_autoscaler_is_refused_with_the_reason(key: str, why: str) -> None:
    compiled = of_one_model("llm-d-0.9", ISTIO, POOL, autoscaling={**FULL, key: "hpa"})
    (finding,) = [f for f in compiled.findings if f.rule.id == "spec-unknown-key"]
    assert why in finding.message and finding.remedy == f"Remove `{key}`."
    assert show_path(finding.places[0].path) == f"spec.serving.models[0].autoscaling.{key}"
