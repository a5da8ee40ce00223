"""Aliases of a model: the InferenceModelRewrite, the smoke test, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from stackgen.manifest.document import show_path
from tests.stacks import of_one_model

POOL = {"accelerator": "v6e", "topology": "2x2"}
ADAPTERS = [{"name": f"sql-v{n}", "model": "hf://acme/sql", "rank": 16} for n in (1, 2)]
CANARY = {"name": "sql", "targets": [{"name": "sql-v1", "weight": 9}, {"name": "sql-v2"}]}


def build(release: str, gateway: str = "istio", **model: Any) -> Any:
    observe = {"smokeTest": gateway == "istio"}
    where = {"exposure": "internal", "class": gateway}
    if gateway.startswith("gke"):
        where["proxyOnlySubnet"] = "10.129.0.0/23"
    return of_one_model(release, where, POOL, observe=observe, adapters=ADAPTERS, **model)


@pytest.mark.parametrize(
    ("release", "gateway", "pool"),
    [
        ("llm-d-0.9", "istio", "qwen-pool"),
        ("kserve-0.21", "istio", "qwen-inference-pool"),
        ("kserve-0.21", "gke-l7-rilb", "qwen-pool"),
    ],
)
def test_the_picker_of_the_pool_replaces_the_name_by_weight(
    release: str, gateway: str, pool: str
) -> None:
    found = build(release, gateway, aliases=[CANARY])
    assert found.bundle is not None, [f.message for f in found.findings]
    (rewrite,) = [r for r in found.bundle.objects if r.kind == "InferenceModelRewrite"]
    assert rewrite.data["spec"] == {
        "poolRef": {"group": "inference.networking.k8s.io", "name": pool},
        "rules": [{
            "matches": [{"model": {"type": "Exact", "value": "sql"}}],
            "targets": [
                {"modelRewrite": "sql-v1", "weight": 9}, {"modelRewrite": "sql-v2", "weight": 1},
            ],
        }],
    }  # fmt: skip
    if gateway == "istio":
        (job,) = [r for r in found.bundle.objects if r.kind == "Job"]
        script = job.data["spec"]["template"]["spec"]["containers"][0]["command"][-1]
        # A server lists its adapters alone, and the picker replaces the alias of a request.
        assert re.findall(r'"id":"(.*?)"', script) == ["sql-v1", "sql-v2"]
        asked = re.findall(r'"model": "(.*?)"', script)
        assert asked[1:] == ["sql-v1", "sql-v2", "sql"]


@pytest.mark.parametrize(
    ("model", "place", "message"),
    [
        ({"aliases": [CANARY, CANARY]}, "aliases[1].name", "the alias sql twice"),
        ({"aliases": [{"name": "sql", "targets": [{"name": "sql-v3"}]}]},
         "aliases[0].targets[0].name", "no server answers to"),
        ({"aliases": [{"name": "sql", "targets": [{"name": "sql-v1"}] * 2}]},
         "aliases[0].targets[1].name", "has the target sql-v1 twice"),
        ({"aliases": [{"name": "sql-v1", "targets": [{"name": "sql-v1"}]}]},
         "aliases[0].targets", "stands for its own name alone"),
        ({"aliases": [CANARY], "scheduler": False}, "aliases", "scheduler: false"),
    ],
)  # fmt: skip
def test_an_alias_that_no_picker_can_use_is_named_at_its_key(
    model: dict[str, Any], place: str, message: str
) -> None:
    found = build("llm-d-0.9", **model)
    (finding,) = [f for f in found.findings if f.rule.id == "spec-aliases"]
    assert message in finding.message and finding.remedy
    assert show_path(finding.places[0].path) == f"spec.serving.models[0].{place}"


def test_the_name_of_the_model_may_be_divided() -> None:
    divided = {"name": "base", "targets": [{"name": "base", "weight": 9}, {"name": "sql-v2"}]}
    found = build("llm-d-0.9", servedName="base", aliases=[divided])
    assert not [f for f in found.findings if f.rule.id == "spec-aliases"]
    assert found.plan is not None
