"""Autoscaling that lacks a field, contradicts another, or has no metric, at the key of the spec."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.manifest.document import show_path
from tests.stacks import of_one_model

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
         "upper bound", "Add `target` to"),
        ({"autoscaling": {"min": 2}}, ISTIO, "autoscaling", "without max and target",
         "upper bound", "Add `max` and `target` to"),
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
    assert "cannot have serving.models.autoscaling" in finding.message
    assert finding.remedy == (
        "Remove `autoscaling`, or set `release` to `kserve-0.21` or `llm-d-0.9`."
    )
    assert show_path(finding.places[0].path) == "spec.serving.models[0].autoscaling"
