"""`stackgen cluster` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import sandbox
from tests.program import stackgen


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("stack")
    sandbox.stack(target)
    return target


def test_each_format_is_printed(folder: Path) -> None:
    script = stackgen("cluster", "--env", "prod", cwd=folder)
    assert (script.code, script.err) == (0, "")
    assert script.out.startswith("#!/usr/bin/env bash\n")
    terraform = stackgen("cluster", "--env", "prod", "--format", "terraform", cwd=folder)
    assert set(json.loads(terraform.out)) == {"terraform", "resource"}
    objects = stackgen("cluster", "--env", "prod", "--format", "config-connector", cwd=folder)
    for pool in ("default-pool", "tpu-v6e-pool"):
        file = folder / "out" / "prod" / "1-cluster" / f"containernodepool-{pool}.yaml"
        assert file.read_text() in objects.out


def test_nothing_is_printed_while_something_is_wrong(folder: Path, tmp_path: Path) -> None:
    sandbox.stack(tmp_path)
    overlay = tmp_path / "overlays" / "prod" / "stack.yaml"
    overlay.write_text(overlay.read_text().replace("replicas: 2", "replicas: 9"))
    run = stackgen("cluster", "--env", "prod", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert "prod has errors; `stackgen build` shows them" in run.err


def test_the_environment_must_be_named_where_there_are_several(folder: Path) -> None:
    run = stackgen("cluster", cwd=folder)
    assert (run.code, run.out) == (2, "")
    assert "name the environment with --env: dev, prod" in run.err


def test_config_connector_has_no_words_for_flex_start(folder: Path, tmp_path: Path) -> None:
    sandbox.stack(tmp_path)
    overlay = tmp_path / "overlays" / "prod" / "stack.yaml"
    text = overlay.read_text().replace("  cluster:\n", "  cluster:\n    managed: false\n")
    text = text.replace("nodes: {min: 2}}", "nodes: {min: 0}, purchase: flex-start}")
    overlay.write_text(text)
    run = stackgen("cluster", "--env", "prod", "--format", "config-connector", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert "Config Connector cannot ask for flex-start machines" in run.err
    script = stackgen("cluster", "--env", "prod", cwd=tmp_path)
    assert script.code == 0
    assert "--flex-start" in script.out
