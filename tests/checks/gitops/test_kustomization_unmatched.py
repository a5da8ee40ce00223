"""Patches of a kustomization, inline and in files, against the resources that it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.checks.gitops.kustomization_unmatched import check
from stackgen.manifest.collect import collect
from stackgen.manifest.environments import environments

SERVER = """apiVersion: apps/v1
kind: Deployment
metadata: {name: qwen}
spec:
  replicas: 1
  template: {spec: {containers: [{name: vllm, image: vllm, args: [--port=8000]}]}}
"""
PATCH = "patches:\n  - target: {kind: Deployment, name: qwen}\n    patch: |-\n"
CONTAINER = "/spec/template/spec/containers/0"


def said(folder: Path, *operations: str, more: str = "") -> list[str]:
    lines = "".join(f"      - {{{one}}}\n" for one in operations)
    (folder / "server.yaml").write_text(SERVER)
    (folder / "kustomization.yaml").write_text(f"resources: [server.yaml]\n{more}{PATCH}{lines}")
    bundle = collect([str(folder)]).bundle
    return [found.message for found in check(Context(bundle=bundle))]


@pytest.mark.parametrize(
    "operation",
    [
        "op: replace, path: /spec/replicas, value: 2",
        f"op: add, path: {CONTAINER}/args/-, value: --x",
        f"op: add, path: {CONTAINER}/env, value: []",
        f"op: replace, path: {CONTAINER[:-1]}-1/image, value: x",
        "op: add, path: /metadata/annotations/a, value: b",
    ],
)
def test_paths_that_are_there(tmp_path: Path, operation: str) -> None:
    assert said(tmp_path, operation) == []


@pytest.mark.parametrize(
    ("operation", "missing"),
    [
        ("op: test, path: /spec/replica, value: 2", "/spec/replica"),
        ("op: remove, path: /spec/strategy", "/spec/strategy"),
        (f"op: add, path: {CONTAINER}/env/-, value: x", f"{CONTAINER}/env"),
        (f"op: replace, path: {CONTAINER[:-1]}1/image, value: x", f"{CONTAINER[:-1]}1"),
        (f"op: add, path: {CONTAINER[:-1]}5, value: {{}}", f"{CONTAINER[:-1]}5"),
        ("op: add, path: /spec/template/metadata/labels/a, value: b", "/spec/template/metadata"),
        ("op: remove, path: /metadata/labels/a", "/metadata/labels"),
    ],
)
def test_paths_that_are_not_there(tmp_path: Path, operation: str, missing: str) -> None:
    word = operation.split()[1].rstrip(",")
    assert said(tmp_path, operation) == [
        f"Deployment qwen has no {missing}, so that `{word}` of the patch fails"
    ]


def test_what_an_operation_or_a_merge_adds_before(tmp_path: Path) -> None:
    both = (
        f"op: add, path: {CONTAINER}/env, value: []",
        f"op: add, path: {CONTAINER}/env/-, value: x",
    )
    assert said(tmp_path, *both) == []
    merged = "patchesStrategicMerge: [more.yaml]\n"
    assert said(tmp_path, "op: replace, path: /spec/strategy, value: x", more=merged) == []


def in_files(folder: Path, index: str, **files: str) -> list[str]:
    (folder / "server.yaml").write_text(SERVER)
    (folder / "kustomization.yaml").write_text(f"resources: [server.yaml]\n{index}")
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    bundle = collect([str(folder)]).bundle
    return [found.message for found in check(Context(bundle=bundle))]


UNPLACED = "no resource is apps/v1 Deployment qwen in namespace prod, so that Kustomize stops"
TARGET = "target: {kind: Deployment, name: qwen}"
SCALED = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec: {replicas: 2}\n"


def test_a_json_patch_in_a_file(tmp_path: Path) -> None:
    patch = "- {op: remove, path: /spec/replica}\n"
    index = f"patches: [{{path: p.yaml, {TARGET}}}]\n"
    said = "Deployment qwen has no /spec/replica, so that `remove` of the patch fails"
    assert in_files(tmp_path, index, p=patch) == [said]
    assert in_files(tmp_path, index, p=patch.replace("replica", "replicas")) == []


def test_a_merge_patch_of_a_resource_that_is_not_there(tmp_path: Path) -> None:
    index = "patches: [{path: p.yaml}]\n"
    assert in_files(tmp_path, index, p=SCALED.replace("NAME", "qwen")) == []
    assert in_files(tmp_path, index, p=SCALED.replace("NAME", "gwen")) == [
        "no resource is apps/v1 Deployment gwen, so that Kustomize stops"
    ]
    placed = SCALED.replace("NAME", "qwen, namespace: prod")
    assert in_files(tmp_path, f"namespace: prod\n{index}", p=placed) == [
        f"{UNPLACED}; it has no namespace there"
    ]


def test_what_an_earlier_patch_merges_is_there(tmp_path: Path) -> None:
    merge = SCALED.replace("NAME", "qwen").replace("replicas: 2", "strategy: {type: Recreate}")
    later = "[{op: remove, path: /spec/strategy/type}]"
    index = f"patches:\n- path: p.yaml\n- {{path: q.yaml, {TARGET}}}\n"
    assert in_files(tmp_path, index, p=merge, q=later) == []
    assert in_files(tmp_path, index, p=merge, q=later.replace("type", "kind")) == [
        "Deployment qwen has no /spec/strategy/kind, so that `remove` of the patch fails"
    ]


def test_an_overlay_patches_what_its_base_makes(tmp_path: Path) -> None:
    base, over = tmp_path / "base", tmp_path / "over"
    base.mkdir()
    over.mkdir()
    (base / "server.yaml").write_text(SERVER)
    inline = "patches: [{patch: '[{op: remove, path: /spec/replicas}]', TARGET}]\n"
    inline = inline.replace("TARGET", TARGET)
    (base / "kustomization.yaml").write_text(f"resources: [server.yaml]\nnamePrefix: a-\n{inline}")
    patch = "- {op: remove, path: /spec/replicas}\n"
    (over / "p.yaml").write_text(patch)
    index = (
        f"resources: [../base]\npatches: [{{path: p.yaml, {TARGET.replace('qwen', 'a-qwen')}}}]\n"
    )
    (over / "kustomization.yaml").write_text(index)
    bundle = collect([str(tmp_path)]).bundle
    assert [found.message for found in check(Context(bundle=bundle))] == [
        "Deployment qwen has no /spec/replicas, so that `remove` of the patch fails"
    ]


def test_replicas_of_a_workload_that_is_not_there(tmp_path: Path) -> None:
    assert in_files(tmp_path, "replicas: [{name: qwen, count: 2}]\n") == []
    assert in_files(tmp_path, "replicas: [{name: gwen, count: 2}]\n") == [
        "no Deployment or StatefulSet is gwen, so that Kustomize stops"
    ]


def test_images_that_the_same_kustomization_renames(tmp_path: Path) -> None:
    (tmp_path / "server.yaml").write_text(SERVER)
    images = (
        "resources: [server.yaml]\nimages: [{name: vllm, newName: registry.example.com/vllm}]\n"
    )
    (tmp_path / "kustomization.yaml").write_text(images)
    (bundle,) = environments(collect([str(tmp_path)]).bundle)
    assert list(check(Context(bundle=bundle))) == []
