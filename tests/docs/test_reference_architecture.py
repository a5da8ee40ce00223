"""The page about the reference architecture: what it refers to exists, and its figures are true."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from stackgen.catalog.load import Catalog
from stackgen.cli.explain import explanation
from stackgen.cli.main import COMMANDS, cli
from stackgen.report.style import Style
from tests.sandbox import ROOT

TEXT = (ROOT / "docs" / "reference-architecture.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.partition("## Options")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| Statement")
]
SHOWN = sorted({part for row in ROWS for part in re.findall(r"`([^`]+)`", row[3])})


def test_each_row_has_a_status_and_shows_where_it_is_seen() -> None:
    assert ROWS
    for row in ROWS:
        assert len(row) == 4 and row[1] in ("works", "corrected", "partly")
        assert row[3] == "this page" or "`" in row[3] or "](" in row[3]


@pytest.mark.parametrize("shown", SHOWN)
def test_what_a_row_refers_to_exists(shown: str) -> None:
    if not shown.startswith("stackgen "):
        assert (ROOT / shown).exists()
        return
    _, command, *rest = shown.split()
    assert command in COMMANDS
    if command == "explain":
        assert explanation(" ".join(rest), Style())
    else:
        assert CliRunner().invoke(cli, [command, "--help"]).exit_code == 0


@pytest.mark.parametrize(
    ("region", "nodes", "dollars"),
    [
        ("europe-west4", 1, "285.12"),
        ("us-central1", 1, "259.20"),
        ("europe-west4", 3, "855.36"),
        ("us-central1", 3, "777.60"),
    ],
)
def test_the_costs_are_those_of_the_catalog(region: str, nodes: int, dollars: str) -> None:
    row = Catalog().price("v6e", region)
    assert row is not None
    assert f"{row.data['on_demand'] * 4 * 24 * nodes:.2f}" == dollars
    assert dollars in TEXT


def test_the_requests_are_those_of_the_release() -> None:
    release = Catalog().release("llm-d-infra-xks-0.15")
    assert release is not None
    asked = release.data["kserve"]["epp_requests"]
    assert f"KServe 0.15 requests {asked['cpu']} and {asked['memory']}" in TEXT
