"""Agreement with the recorded answers of a real API server, and with the definitions."""

from __future__ import annotations

import importlib.util
import os

import pytest

from benchmarks import verdicts
from stackgen import paths
from tests.schema.given import SHARED

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.mark.skipif(not os.path.isdir(verdicts.folder()), reason="no recorded verdicts here")
def test_every_disagreement_with_the_server_is_explained() -> None:
    judged = list(verdicts.cases())
    wrong = {case.name for case in judged if not case.agrees}
    assert len(judged) > 20_000
    with open(os.path.join(ROOT, "docs", "schema-disagreements.md"), encoding="utf-8") as file:
        explained = file.read()
    assert {name for name in wrong if name not in explained} == set()


@pytest.mark.skipif(not os.path.isdir(os.path.join(SHARED, "crds")), reason="no definitions here")
def test_the_schema_files_are_what_the_maker_makes() -> None:
    place = os.path.join(ROOT, "tools", "schemas", "crds.py")
    spec = importlib.util.spec_from_file_location("crds", place)
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    texts, _, unstated, _ = maker.custom(os.path.join(SHARED, "crds"))
    assert unstated == []
    assert len(texts) > 120
    for path, text in texts.items():
        with open(paths.schemas(*path.split("/")), encoding="utf-8", newline="") as file:
            assert file.read() == text, path
