"""A cluster compared with its stack: missing objects, and fields that differ."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stackgen.cli.diagnose import _expected
from stackgen.cli.main import cli
from stackgen.diagnose.expected import Expected, compare
from stackgen.manifest.resource import Resource
from tests.sandbox import ROOT


def made(kind: str, name: str, spec: Any, namespace: str = "a") -> Resource:
    meta = {"name": name, "namespace": namespace}
    return Resource({"apiVersion": "v1", "kind": kind, "metadata": meta, "spec": spec}, "f")


@pytest.mark.parametrize(
    ("wanted", "live", "differs"),
    [
        ({"a": 1}, {"a": 1, "added": 2}, False),
        ({"cpu": "1000m"}, {"cpu": "1"}, False),
        ({"port": 80}, {"port": "80"}, False),
        ({"a": {}}, {}, False),
        ({"a": [1, 2]}, {"a": [1, 3]}, True),
        ({"a": [1]}, {"a": [1, 2]}, True),
        ({"a": "x"}, {}, True),
        ({"a": True}, {"a": False}, True),
    ],
)
def test_a_field_differs_if_its_meaning_does(wanted: Any, live: Any, differs: bool) -> None:
    found = compare([Expected(made("X", "n", wanted))], [made("X", "n", live)])
    assert bool(found.drift) == differs


def test_an_object_is_missing_only_beside_its_kind_and_namespace() -> None:
    expected = [Expected(made("X", "n", {})), Expected(made("Y", "n", {}))]
    found = compare(expected, [made("X", "other", {}), made("Y", "other", {}, "b")])
    assert [one.resource.kind for one in found.missing] == ["X"]
    assert found.unknown == ("Y",)


@pytest.fixture(scope="module")
def live() -> list[dict[str, Any]]:
    return [deepcopy(one.resource.data) for one in _expected(str(ROOT), "prod")]


def ran(tmp_path: Path, items: list[dict[str, Any]]) -> Result:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    (tmp_path / "objects.json").write_text(text, encoding="utf-8")
    arguments = ["diagnose", str(tmp_path), "--env", "prod", "-C", str(ROOT)]
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


def test_a_cluster_as_rendered_has_no_difference(
    tmp_path: Path, live: list[dict[str, Any]]
) -> None:
    done = ran(tmp_path, live)
    assert (done.return_value, done.stdout) == (0, "no runbook matches what the bundle shows\n")


def test_what_lacks_and_what_differs_is_named(tmp_path: Path, live: list[dict[str, Any]]) -> None:
    items = deepcopy(live)
    names = [(one["kind"], one["metadata"]["name"]) for one in items]
    items[names.index(("Gateway", "inference-gateway"))]["spec"]["gatewayClassName"] = "other"
    del items[names.index(("Service", "qwen2-3b-pattern1-epp-service"))]
    done = ran(tmp_path, items)
    assert done.return_value == 1
    assert done.stdout == (
        "no runbook matches what the bundle shows\n"
        "missing: Service llm-d-inference-scheduling/qwen2-3b-pattern1-epp-service; KServe makes "
        "it for LLMInferenceService qwen2-3b-pattern1\n"
        "differs from the render: Gateway opendatahub/inference-gateway: spec.gatewayClassName\n"
    )
