"""Whole reviews of the reference stack: properties, and realistic changes as golden files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stackgen.report import review_json, review_markdown, review_text
from stackgen.report.style import Style
from stackgen.review.model import Review
from stackgen.review.review import review
from stackgen.review.side import of_paths, of_spec
from tests import sandbox
from tests.review.given import Edits, of_edits, spec_only

CASES = sandbox.ROOT / "tests" / "cases" / "review"
POOL = "accelerator: v6e, topology: 2x2"
NODE_POOL = "        nodePool: tpu-v6e-pool\n"
IMAGE = "registry.redhat.io/rhaiis/vllm-tpu-rhel9"
ALLOW = """\
  network:
    allow:
      - {from: models, to: 10.9.0.0/16, ports: [6379], reason: A cache of prompts}
"""
SCENARIOS: dict[str, Edits] = {
    "topology": {"stack.yaml": [(POOL, "accelerator: v6e, topology: 2x4")]},
    "replicas-0": {"overlays/prod/stack.yaml": [("replicas: 2", "replicas: 0")]},
    "policy-widened": {"stack.yaml": [("  delivery:", f"{ALLOW}  delivery:")]},
    "image": {"stack.yaml": [(NODE_POOL, f"{NODE_POOL}        image: {IMAGE}:3.2.6\n")]},
    "namespace": {
        "stack.yaml": [("namespace: llm-d-inference-scheduling", "namespace: serving")]
    },
    "model-renamed": {
        "stack.yaml": [("- name: qwen2-3b-pattern1", "- name: qwen")],
        "overlays/prod/stack.yaml": [("name: qwen2-3b-pattern1", "name: qwen")],
    },
    "internal": {"stack.yaml": [("  gateway:\n", "  gateway:\n    exposure: internal\n")]},
    "engine": {"stack.yaml": [("  delivery:\n", "  delivery:\n    engine: none\n")]},
    "secret": {"stack.yaml": [("imagePullSecret: redhat-pull-secret", "imagePullSecret: other")]},
}  # fmt: skip


# Few objects each: the others grow with every layer.
SHOWN = ("topology", "replicas-0", "policy-widened", "image", "internal")


@pytest.mark.parametrize("name", SHOWN)
def test_realistic_changes(name: str, tmp_path: Path, golden: Callable[[Path, str], None]) -> None:
    found = of_edits(tmp_path, SCENARIOS[name])
    assert not found.empty
    golden(CASES / name / "review.txt", review_text.render([found], Style()))
    golden(CASES / name / "review.md", review_markdown.render([found], Style()))
    if name in ("topology", "policy-widened"):
        golden(CASES / name / "review.json", review_json.render([found], Style()))


def said(found: Review) -> dict[str, set[str]]:
    """The ids of what comes of each object, by action, kind and name."""
    return {
        f"{c.action} {c.resource.kind}/{c.resource.name}": {x.id for x in c.consequences}
        for c in found.changes
    }


def test_another_namespace(tmp_path: Path) -> None:
    """The old one is protected, so it stays behind; what was in it is recreated."""
    found = said(of_edits(tmp_path, SCENARIOS["namespace"]))
    assert found["removed Namespace/llm-d-inference-scheduling"] == {"left-behind"}
    assert found["added Namespace/serving"] == {"object-added"}
    assert found["renamed LLMInferenceService/qwen2-3b-pattern1"] == {"renamed", "model-renamed"}
    assert found["changed Gateway/inference-gateway"] == {"listener"}


def test_another_pull_secret(tmp_path: Path) -> None:
    found = said(of_edits(tmp_path, SCENARIOS["secret"]))
    assert found["renamed ClusterExternalSecret/other"] == {"renamed"}
    assert found["changed LLMInferenceService/qwen2-3b-pattern1"] == {
        "secret-reference", "restart-one-by-one",
    }  # fmt: skip
    assert found["changed HelmRelease/sail-operator"] == {"secret-reference", "platform-values"}


@pytest.mark.parametrize(("engine", "row"), [("none", "left"), ("argocd", "removed")])
def test_another_engine(tmp_path: Path, engine: str, row: str) -> None:
    """Flux removes its steps, with all that they applied, when their folder has other objects.
    A folder that is gone it cannot read.
    """
    edits = {"stack.yaml": [("  delivery:\n", f"  delivery:\n    engine: {engine}\n")]}
    found = said(of_edits(tmp_path, edits))
    assert found["removed Kustomization/llmd-istio-tpu-4-serving"] == {f"delivery-{row}"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_way_back_changes_the_same_objects(name: str, tmp_path: Path) -> None:
    there = of_edits(tmp_path, SCENARIOS[name])
    before, after = str(tmp_path / "before"), str(tmp_path / "after")
    back = review(of_spec(after, "prod", "after"), of_spec(before, "prod", "before"), "prod")
    mirror = {"added": "removed", "removed": "added"}
    assert sorted(mirror.get(c.action, c.action) for c in there.changes) == sorted(
        c.action for c in back.changes
    )
    assert sorted(f.name for c in there.changes for f in c.fields) == sorted(
        f.name for c in back.changes for f in c.fields
    )
    assert [(c.source, c.gone, c.new) for c in there.connections] == [
        (c.source, c.new, c.gone) for c in back.connections
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_field_knows_the_line_that_changed(name: str, tmp_path: Path) -> None:
    """The spec's edited lines, and no others, are behind everything that differs."""
    found = of_edits(tmp_path, SCENARIOS[name])
    for change in found.changes:
        assert change.causes, change.resource.file
        for causes in change.causes:
            assert causes, f"{change.resource.file}: {[f.name for f in change.fields]}"
            assert {c.file for c in causes} <= set(SCENARIOS[name])


def test_the_same_stack_is_no_change(tmp_path: Path) -> None:
    stack = str(spec_only(tmp_path / "stack"))
    found = review(of_spec(stack, "prod", "a"), of_spec(stack, "prod", "b"), "prod")
    assert found.empty
    assert found.risk == "none"
    assert found.money is None
    assert found.connections == ()


def test_the_rendered_tree_is_what_the_spec_renders() -> None:
    """Objects read from out/ and objects in memory are the same ones."""
    root = str(sandbox.ROOT)
    for env in ("dev", "prod"):
        rendered = of_paths((f"{root}/out/{env}",))
        assert review(rendered, of_spec(root, env, "spec"), env).empty


def test_two_environments_have_differences_and_no_consequences(tmp_path: Path) -> None:
    stack = str(spec_only(tmp_path / "stack"))
    dev, prod = of_spec(stack, "dev", "dev"), of_spec(stack, "prod", "prod")
    found = review(dev, prod, update=False)
    assert not found.empty
    assert found.risk == "none"
    assert not [c for change in found.changes for c in change.consequences]
    assert found.money is not None
