"""The table of docs/planner.md and the constants of roofline.yaml are what the fit finds now."""

from __future__ import annotations

import importlib.util
from functools import cache
from types import ModuleType

from stackgen.catalog.load import Catalog
from tests.sandbox import ROOT


@cache
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("throughput", ROOT / "tools" / "throughput.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def results() -> tuple[str, str]:
    found: tuple[str, str] = tool().results(Catalog())
    return found


def test_the_constants_are_those_of_the_fit() -> None:
    assert tool().ROW.read_text(encoding="utf-8") == results()[0]


def test_the_table_is_that_of_the_fit() -> None:
    text = tool().PAGE.read_text(encoding="utf-8")
    assert tool().page(text, results()[1]) == text


def test_estimates_are_within_the_limits_that_the_planner_promises() -> None:
    """Median error at most 20%, and 80 of 100 points inside of the range that did not see them."""
    errors = Catalog().roofline("errors").data
    assert errors["median_percent"] <= 20
    assert errors["inside"] >= 0.8 * errors["points"]
    assert errors["points"] >= 41
