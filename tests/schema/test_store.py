"""Which schema answers for a kind."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from stackgen import paths
from stackgen.catalog.load import Catalog
from stackgen.schema.store import SchemaCatalog, load, manifest, variants
from tests.schema.given import Widgets

LLM = ("serving.kserve.io", "LLMInferenceService")


def test_variants_come_before_the_default() -> None:
    newest, older = SchemaCatalog(), SchemaCatalog((), ("kserve-odh-0.15",))
    assert set(newest.versions(*LLM)) == {"v1alpha1", "v1alpha2"}
    assert set(older.versions(*LLM)) == {"v1alpha1"}
    assert older.find(LLM[0], "v1alpha2", LLM[1]) is None


def test_a_relative_folder_is_that_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "other"):
        (tmp_path / name / "schemas" / "keda.sh").mkdir(parents=True)
    file = tmp_path / "other" / "schemas" / "keda.sh" / "scaledobject_v9.json"
    file.write_text(json.dumps({"type": "object"}), encoding="utf-8")
    mine = SchemaCatalog(("schemas",), ())
    monkeypatch.chdir(tmp_path / "one")
    assert "v9" not in mine.versions("keda.sh", "ScaledObject")
    monkeypatch.chdir(tmp_path / "other")
    assert "v9" in mine.versions("keda.sh", "ScaledObject")


def test_the_users_schemas_come_first_and_replace_a_kind(tmp_path: Path) -> None:
    folder = tmp_path / "keda.sh"
    folder.mkdir()
    (folder / "scaledobject_v9.json").write_text(json.dumps({"type": "object"}), encoding="utf-8")
    mine = SchemaCatalog((str(tmp_path),), ())
    found = mine.find("keda.sh", "v9", "ScaledObject")
    assert found is not None
    assert found.label == "user"
    assert mine.find("keda.sh", "v1alpha1", "ScaledObject") is None
    assert SchemaCatalog().find("keda.sh", "v1alpha1", "ScaledObject") is not None


def test_kinds_are_spelled_as_the_server_spells_them() -> None:
    assert SchemaCatalog().find("apps", "v1", "deployment") is None


def test_every_file_of_the_manifest_is_there_and_says_what_it_is() -> None:
    for versions in manifest().values():
        for known in versions.values():
            gvk = load(known.path)["x-kubernetes-group-version-kind"]
            assert gvk == {"group": known.group, "version": known.version, "kind": known.kind}
            assert known.as_of
            assert os.path.getsize(known.path) < 1_000_000


def test_no_file_is_outside_the_manifest() -> None:
    listed = {os.path.normpath(k.path) for vs in manifest().values() for k in vs.values()}
    found = {
        os.path.normpath(os.path.join(parent, name))
        for parent, _, names in os.walk(paths.schemas())
        for name in names
        if name.endswith(".json") and os.path.normpath(parent) != os.path.normpath(paths.schemas())
    }
    assert found == listed


def test_releases_name_variants_that_there_are() -> None:
    catalog = Catalog()
    named = {label for name in catalog.names("release") for label in catalog.variants(name)}
    assert "kserve-odh-0.15" in named
    assert named <= variants()
    assert "" not in variants()


def test_a_schema_of_ones_own_is_used(tmp_path: Path) -> None:
    widgets = Widgets(tmp_path, {"type": "object", "properties": {"a": {"type": "string"}}})
    assert widgets.rules({"a": "x"}) == []
    assert widgets.rules({"b": "x"}) == ["schema-unknown-field"]
