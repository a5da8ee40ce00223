"""`stackgen catalog`: list, show and search."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stackgen.catalog.load import Catalog
from stackgen.cli.catalog import KINDS
from stackgen.cli.main import cli
from stackgen.errors import UsageError

PRICE = """\
v6e/us-east5: {unit: chip-hour, on_demand: 1.5, source: our contract, as_of: "2026-11-01"}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["catalog", *arguments])


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_has_every_row_of_its_kind_with_source_and_date(kind: str) -> None:
    done = run("list", kind, "--output-format", "json")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.output)["rows"]
    assert [r["name"] for r in rows] == Catalog().names(KINDS[kind])
    assert all(r["source"] and r["asOf"] for r in rows)


def test_a_row_is_shown_with_its_values_and_their_certainty() -> None:
    done = run("show", "accelerators", "v5p", "--output-format", "json")
    row = json.loads(done.output)["row"]
    assert row["values"]["hbm_usable_gib"] == 95.74
    assert row["status"]["zones_unsure"].startswith("UNVERIFIED")
    assert "hbm_usable_gib: 95.74" in run("show", "accelerators", "v5p").output


def test_a_row_that_does_not_exist_has_a_nearest_that_does() -> None:
    done = run("show", "models", "Qwen/Qwen2.5-3B-Instuct")
    assert isinstance(done.exception, UsageError)
    assert 'did you mean "Qwen/Qwen2.5-3B-Instruct"?' in str(done.exception)


def test_a_search_looks_at_names_and_values_of_all_kinds() -> None:
    done = run("search", "us-south1-ai1b", "--output-format", "json")
    found = {(r["kind"], r["name"]) for r in json.loads(done.output)["rows"]}
    assert found == {("accelerators", "v6e"), ("regions", "us-south1")}
    assert "no row has nowhere-at-all" in run("search", "nowhere-at-all").output


def test_rows_of_the_users_own_come_first(tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "stack.yaml").write_text("spec: {}\n", encoding="utf-8")
    (tmp_path / "catalog" / "prices.yaml").write_text(PRICE, encoding="utf-8")
    done = run("show", "prices", "v6e/us-east5", "-C", str(tmp_path), "--output-format", "json")
    row = json.loads(done.output)["row"]
    assert (row["file"], row["values"]["on_demand"]) == ("catalog/prices.yaml", 1.5)


def test_every_list_fits_80_columns() -> None:
    for kind in KINDS:
        lines = run("list", kind).output.splitlines()
        words = [line for line in lines if line.startswith(" ") or "  " in line]
        assert max(map(len, words)) <= 80, kind
