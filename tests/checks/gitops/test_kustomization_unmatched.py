"""Inline JSON patches of a kustomization, against the resources that it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.checks.gitops.kustomization_unmatched import check
from stackgen.manifest.collect import collect

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
        "op: add, path: /spec/template/metadata/labels/a, value: b",
        "op: remove, path: /metadata/labels/a",
    ],
)
def test_paths_that_are_there(tmp_path: Path, operation: str) -> None:
    assert said(tmp_path, operation) == []


@pytest.mark.parametrize(
    ("operation", "missing"),
    [
        ("op: replace, path: /spec/replica, value: 2", "/spec/replica"),
        ("op: remove, path: /spec/strategy", "/spec/strategy"),
        (f"op: add, path: {CONTAINER}/env/-, value: x", f"{CONTAINER}/env"),
        (f"op: replace, path: {CONTAINER[:-1]}1/image, value: x", f"{CONTAINER[:-1]}1/image"),
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
