"""Caches of weights and programs that cannot be made, at the key of the spec."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.manifest.document import show_path
from tests.stacks import of_one_model

POOL = {"accelerator": "v6e", "topology": "2x4"}
V4 = {"accelerator": "v4", "topology": "2x2x1"}
TWO = {"replicas": 2}


@pytest.mark.parametrize(
    ("fields", "pool", "place", "message"),
    [
        ({"modelCache": {"bucket": "acme"}}, POOL, "modelCache", "without type"),
        ({"modelCache": {"type": "gcs-fuse"}}, POOL, "modelCache", "gcs-fuse without bucket"),
        ({"modelCache": {"type": "pvc"}}, POOL, "modelCache", "pvc without storageClass"),
        (
            {"modelCache": {"type": "hyperdisk-ml", "bucket": "acme"}}, POOL, "modelCache.bucket",
            "which type hyperdisk-ml does not have",
        ),
        (
            {"modelCache": {"type": "hyperdisk-ml"}, "model": "pvc://weights/qwen"}, POOL, "model",
            "its model is at pvc://",
        ),
        (
            {"modelCache": {"type": "pvc", "storageClass": "premium-rwo"}, **TWO}, POOL,
            "modelCache.storageClass", "2 Pods, and premium-rwo makes volumes of pd-ssd",
        ),
        (
            {"compileCache": {"storageClass": "premium-rwo"}},
            {"accelerator": "v6e", "topology": "4x4"}, "compileCache.storageClass", "4 Pods",
        ),
        (
            {"modelCache": {"type": "pvc", "storageClass": "premium-rwo"},
             "prefill": {"replicas": 2}}, POOL, "modelCache.storageClass", "3 Pods",
        ),
        (
            {"compileCache": {"storageClass": "premium-rwo"}},
            {**POOL, "zone": "us-east5-a", "fallback": [{"zones": ["us-east5-b"]}]},
            "compileCache.storageClass", "may run in us-east5-a, us-east5-b",
        ),
        (
            {"modelCache": {"type": "boot-disk", "image": "global/images/qwen"}}, POOL,
            "modelCache.type", "Config Connector has no field",
        ),
        ({"modelCache": {"type": "hyperdisk-ml"}}, V4, "modelCache.type", "does not support"),
        (
            {"modelCache": {"type": "hyperdisk-ml"}, "model": "hf://gpt2"}, POOL, "model",
            "hf://gpt2 is not hf://ORG/MODEL",
        ),
        ({"compileCache": {"sizeGb": 10}}, POOL, "compileCache", "neither bucket nor"),
        (
            {"compileCache": {"bucket": "acme", "sizeGb": 10}}, POOL, "compileCache.sizeGb",
            "a bucket has no size",
        ),
        ({"modelCache": {}}, POOL, "modelCache", "modelCache without type"),
        ({"compileCache": {}}, POOL, "compileCache", "neither bucket nor"),
        (
            {"modelCache": {"type": "gcs-fuse", "bucket": "acme"},
             "compileCache": {"bucket": "acme"}}, POOL, "compileCache.bucket",
            "stores compiled programs in acme, which also contains weights",
        ),
        (
            {"modelCache": {"type": "oci", "image": "example.com/a/b"}}, POOL, "modelCache.image",
            "it has no tag, which means latest",
        ),
        (
            {"modelCache": {"type": "oci", "image": "example.com/a/b@sha256:aa"}}, POOL,
            "modelCache.image", "'sha256:aa' is not a digest",
        ),
    ],
)  # fmt: skip
def test_each_contradiction_is_named_at_its_key(
    fields: dict[str, Any], pool: dict[str, Any], place: str, message: str
) -> None:
    found = of_one_model("llm-d-0.9", {"exposure": "internal"}, pool, **fields).findings
    hits = [f for f in found if f.rule.id == "spec-model-cache"]
    (hit,) = hits
    assert message in hit.message
    assert show_path(hit.places[0].path) == f"spec.serving.models[0].{place}"
    assert (hit.severity is None) == (hit.impact or "").startswith("Not rendered.")


@pytest.mark.parametrize("release", ["kserve-0.21", "llm-d-0.9"])
def test_an_image_is_checked_alike_on_both_platforms(release: str) -> None:
    cache = {"type": "oci", "image": "example.com/a/b:latest"}
    (hit,) = of_one_model(release, {"exposure": "internal"}, POOL, modelCache=cache).findings
    assert hit.remedy.startswith("Set `modelCache.image`")


def test_a_remedy_names_what_compile_cache_has() -> None:
    programs = {"storageClass": "premium-rwo"}
    found = of_one_model(
        "llm-d-0.9", {"exposure": "internal"}, POOL, replicas=2, compileCache=programs
    ).findings
    (hit,) = [f for f in found if f.rule.id == "spec-model-cache"]
    assert hit.remedy.endswith("or `compileCache.bucket` instead.")


@pytest.mark.parametrize(
    ("bucket", "written"),
    [
        ("gs://my-models/xyz", "Write `bucket: my-models`."),
        ("gs://my-models", "Write `bucket: my-models`."),
        ("my-models/xyz", "Write `bucket: my-project-models`."),
        ("x", "Write `bucket: my-project-models`."),
    ],
)
def test_the_bucket_of_an_address_is_proposed(bucket: str, written: str) -> None:
    cache = {"type": "gcs-fuse", "bucket": bucket}
    (hit,) = of_one_model("llm-d-0.9", {"exposure": "internal"}, POOL, modelCache=cache).findings
    assert (hit.remedy, hit.rule.id) == (written, "spec-invalid-value")
    assert "3 to 63 lower-case letters" in hit.message
