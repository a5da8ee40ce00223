"""The schemas that editors read: what they accept and offer, and the lines that name them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from click.testing import CliRunner

from stackgen.catalog.load import Catalog
from stackgen.cli.schemas import schemas
from stackgen.editor.schema import FOLDER, OVERLAY, STACK, schema_files, with_modelines
from stackgen.errors import UsageError
from stackgen.starter import patterns
from tests.sandbox import ROOT


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return {name: json.loads(text) for name, text in schema_files(Catalog()).items()}


def _specs() -> list[Path]:
    folders = [ROOT, *(ROOT / "generator/stackgen/patterns" / name for name in patterns.names())]
    return [f for x in folders for f in (x / "stack.yaml", *x.glob("overlays/*/stack.yaml"))]


def test_every_spec_and_overlay_of_ours_is_valid(made: dict[str, Any]) -> None:
    """An editor marks nothing in them."""
    valid = {name: jsonschema_rs.Draft202012Validator(schema) for name, schema in made.items()}
    files = _specs()
    assert len(files) > 30
    for file in files:
        name = OVERLAY if file.parent.parent.name == "overlays" else STACK
        errors = valid[name].iter_errors(yaml.safe_load(file.read_text()) or {})
        assert [f"{e.instance_path}: {e.message}" for e in errors] == [], file


@pytest.mark.parametrize(
    ("overlay", "wrong"),
    [
        ({"spec": {"serving": {"models": [{"name": "a", "replica": 2}]}}}, True),
        ({"spec": {"serving": {"models": [{"name": "a", "replicas": "2"}]}}}, True),
        ({"spec": {"cluster": {"location": None, "nodePools": [{"name": "a"}]}}}, False),
        ({}, False),
    ],
)
def test_an_overlay_says_what_it_likes_of_what_there_is(
    overlay: Any, wrong: bool, made: dict[str, Any]
) -> None:
    assert jsonschema_rs.Draft202012Validator(made[OVERLAY]).is_valid(overlay) is not wrong
    assert not jsonschema_rs.Draft202012Validator(made[STACK]).is_valid(overlay)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("release", "odh-3.5"),
        ("serving.models.model", "hf://meta-llama/Llama-3.3-70B-Instruct"),
        ("cluster.nodePools.topology", "2x4"),
        ("cluster.nodePools.machineType", "ct6e-standard-4t"),
        ("cluster.location", "us-east5-b"),
        ("suppress.rule", "tpu-lws-size"),
    ],
)
def test_names_are_offered_and_others_are_no_error(
    path: str, name: str, made: dict[str, Any]
) -> None:
    for schema in made.values():
        node = schema["properties"]["spec"]
        for step in path.split("."):
            node = node["properties"][step]
            node = node.get("items", node)
        assert name in node["anyOf"][0]["enum"]
    assert {"type": "string"} in node["anyOf"]


def test_accelerators_are_a_closed_set(made: dict[str, Any]) -> None:
    pool = made[STACK]["properties"]["spec"]["properties"]["cluster"]["properties"]["nodePools"]
    assert set(Catalog().names("accelerator")) == set(
        pool["items"]["properties"]["accelerator"]["enum"]
    )


def _without_names(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _without_names(v) for k, v in node.items() if k != "anyOf"}
    return node


def test_the_files_of_this_repository_are_those(made: dict[str, Any]) -> None:
    """`stackgen schemas stack --write` writes them. The names in them grow with the catalog."""
    for name, schema in made.items():
        here = json.loads((ROOT / FOLDER / name).read_text())
        assert _without_names(here) == _without_names(schema)
    for file in (ROOT / "stack.yaml", *ROOT.glob("overlays/*/stack.yaml")):
        found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", file.read_text())
        assert found and (file.parent / found[1]).resolve().parent == ROOT / FOLDER


def test_a_modeline_names_the_file_from_where_it_is() -> None:
    files = {"stack.yaml": b"a: 1\n", "overlays/dev/stack.yaml": b"", "README.md": b"x"}
    made = with_modelines(files)
    assert made == {
        "stack.yaml": b"# yaml-language-server: $schema=.schemas/stack.schema.json\na: 1\n",
        "overlays/dev/stack.yaml":
            b"# yaml-language-server: $schema=../../.schemas/overlay.schema.json\n",
        "README.md": b"x",
    }  # fmt: skip
    assert with_modelines(made) == made


def test_writing_leaves_files_of_others_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert CliRunner().invoke(schemas, ["stack", "--write"]).exception is None
    mine = tmp_path / FOLDER / OVERLAY
    assert json.loads(mine.read_text())["title"] == "stackgen overlay"
    mine.write_text("{}")
    done = CliRunner().invoke(schemas, ["stack", "--write"])
    assert isinstance(done.exception, UsageError)
    assert mine.read_text() == "{}"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / FOLDER).symlink_to(tmp_path)
    done = CliRunner().invoke(schemas, ["stack", "--write", "-C", "other"])
    assert isinstance(done.exception, UsageError)
    assert sorted(x.name for x in tmp_path.iterdir()) == [FOLDER, "other"]
