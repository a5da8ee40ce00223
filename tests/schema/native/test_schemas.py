"""The schema files of built-in kinds are what their maker writes."""

from __future__ import annotations

import importlib.util
import json
import os
from types import ModuleType
from typing import Any

import pytest

from stackgen import paths
from stackgen.schema import native
from stackgen.schema.store import namespaced

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))


@pytest.fixture
def maker() -> ModuleType:
    pytest.importorskip("kubernetes_validate", reason="the source of the schemas is not installed")
    path = os.path.join(ROOT, "tools", "schemas", "natives.py")
    found = importlib.util.spec_from_file_location("natives", path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_maker_writes_the_same_bytes(
    maker: ModuleType, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    maker.main(["1.36", str(tmp_path)])
    assert "61 kinds" in capsys.readouterr().out
    made = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*.json"))
    for name in made:
        with open(paths.schemas(*name.parts), "rb") as file:
            assert file.read() == (tmp_path / name).read_bytes(), name


@pytest.mark.parametrize("identity", sorted(native.KINDS))
def test_every_kind_has_a_schema_of_its_scope(identity: tuple[str, str]) -> None:
    group, kind = identity
    folder = paths.schemas(group or "core")
    files = [n for n in os.listdir(folder) if n.startswith(f"{kind.lower()}_v")]
    assert files
    for name in files:
        with open(os.path.join(folder, name), "rb") as file:
            schema = json.load(file)
        cluster = schema["x-kubernetes-scope"] == "Cluster"
        assert cluster != namespaced(*identity) or identity == native.LIST
        assert schema["x-kubernetes-group-version-kind"]["kind"] == kind
