"""The page about the reference architecture: what it refers to exists, and its figures are true."""

from __future__ import annotations

import re
from functools import cache

import pytest
from click.testing import CliRunner

from stackgen.catalog.load import Catalog
from stackgen.cli.explain import explanation
from stackgen.cli.main import cli
from stackgen.report.style import Style
from tests.sandbox import ROOT

TEXT = (ROOT / "docs" / "reference-architecture.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith("| Statement")
]
# What is shown, and the text that it prints or has.
REFERENCE = re.compile(r"`([^`]+)`(?: (?:prints|has) `([^`]+)`)?")
SHOWN = sorted({found.groups("") for row in ROWS for found in REFERENCE.finditer(row[3])})


def test_each_row_has_a_status_and_shows_where_it_is_seen() -> None:
    assert len(ROWS) > 180
    for row in ROWS:
        assert len(row) == 4 and row[1] in ("works", "corrected"), row
        assert REFERENCE.search(row[3]) or "](" in row[3], row


@pytest.mark.parametrize(("shown", "text"), SHOWN)
def test_what_a_row_refers_to_is_so(shown: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    if shown.startswith("stackgen explain "):
        assert explanation(shown.removeprefix("stackgen explain "), Style())
    elif shown.startswith("stackgen "):
        code, output = ran(shown)
        assert code == 0, output[-2000:]
        assert text in output
    else:
        file, _, test = shown.partition("::")
        assert (ROOT / file).exists()
        needed = f"def {test}(" if test else text
        assert not needed or needed in (ROOT / file).read_text(encoding="utf-8")


@cache
def ran(command: str) -> tuple[int, str]:
    """The exit code and the output of a command, on the reference stack."""
    result = CliRunner().invoke(cli, command.split()[1:])
    return result.exit_code, result.output


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
