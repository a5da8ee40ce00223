"""Remedies for models whose replicas follow a metric."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.planned import scaled_remedy
from tests.stacks import of_one_model

POOL = {"accelerator": "v6e", "topology": "2x4", "purchase": "spot"}


def test_a_remedy_names_the_field_that_the_model_has() -> None:
    asked = {"min": 1, "max": 4, "target": 32}
    compiled = of_one_model("llm-d-0.9", {"exposure": "internal"}, POOL, True, autoscaling=asked)
    (spot,) = [f for f in compiled.findings if f.rule.id == "tpu-spot-single-replica"]
    assert spot.remedy.startswith("Set `autoscaling.min: 2` on the model")
    assert compiled.bundle is not None
    context = Context(compiled.bundle, plan=compiled.plan)
    for rule in (
        "rwo-pvc-multi-replica", "model-oversized-slice", "kv-replication-waste",
        "kv-cache-low-concurrency", "replicas-below-traffic",
    ):  # fmt: skip
        told = scaled_remedy(context, rule, "qwen")
        assert "`autoscaling.max" in told and "`replicas" not in told
        assert scaled_remedy(context, rule, "other") == ""
        assert scaled_remedy(Context(compiled.bundle), rule, "qwen") == ""
