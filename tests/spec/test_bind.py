"""The typed spec: what was written, with its line; what was not, with its default."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackgen.spec.bind import bind
from stackgen.spec.load import load
from stackgen.spec.model import Stack
from stackgen.spec.schema import stack_schema
from tests.stacks import ROOT, build_data, spec_leaves


@pytest.fixture(scope="module")
def stack() -> Stack:
    return bind(load(str(ROOT), "stack.yaml", "overlays/prod/stack.yaml"))


def test_what_was_written_knows_its_line(stack: Stack) -> None:
    project = stack.spec.cluster.project
    line = (ROOT / "stack.yaml").read_text().split("\n")[project.origin.line - 1]
    assert project.value == "my-project"
    assert line[project.origin.column - 1 :] == "my-project"
    assert (project.origin.kind, project.origin.file) == ("spec", "stack.yaml")
    assert project.origin.path == ("spec", "cluster", "project")


def test_what_an_overlay_says_knows_the_overlay(stack: Stack) -> None:
    replicas = stack.spec.serving.models[0].replicas
    assert (replicas.value, replicas.origin.file) == (2, "overlays/prod/stack.yaml")
    assert replicas.origin.path == ("spec", "serving", "models", 0, "replicas")


def test_what_was_not_written_is_a_default(stack: Stack) -> None:
    engine = stack.spec.delivery.engine
    assert (engine.value, engine.origin.kind, engine.origin.line) == ("flux", "default", 0)
    assert stack.spec.cluster.name.value is None
    assert stack.spec.tpu.env.value == "explicit"
    assert stack.spec.patches == ()


def test_class_is_a_key_of_the_file(tmp_path: Path) -> None:
    data = load(str(ROOT), "stack.yaml").data
    data["spec"]["gateway"]["class"] = "istio"
    (tmp_path / "stack.yaml").write_text(json.dumps(data))
    assert bind(load(str(tmp_path), "stack.yaml")).spec.gateway.class_.origin.kind == "spec"


def test_every_leaf_has_the_default_of_the_schema(stack: Stack) -> None:
    compiled = build_data("prod")
    found = 0
    for path, value, schema in spec_leaves(compiled):
        if "default" in schema and not _written(compiled.loaded.data, path):
            assert value == schema["default"], path
            found += 1
    assert found > 10


def _written(data: Any, path: tuple[Any, ...]) -> bool:
    for step in path:
        if (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int)
        ):
            data = data[step]
        else:
            return False
    return True


def test_data_that_the_schema_would_refuse_is_not_bound(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text("kind: Stack\n")
    with pytest.raises(KeyError, match="apiVersion"):
        bind(load(str(tmp_path), "stack.yaml"))
    assert "apiVersion" in stack_schema()["required"]
