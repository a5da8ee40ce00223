"""The recorded facts, where the reference material is present."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackgen.catalog.load import Catalog

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture(scope="session")
def recorded() -> Any:
    """The researched facts about accelerators, models and prices; skips without them."""
    shared = Path(os.environ.get("STACKGEN_SHARED") or _ROOT.parent / "shared")
    file = shared / "facts" / "tpu-catalog.yaml"
    if not file.is_file():
        pytest.skip(f"the recorded facts are not present at {file}")
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
