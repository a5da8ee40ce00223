"""docs/network.md holds the proof of the reference stack as it is."""

from __future__ import annotations

import sys

from tests import sandbox

PAGE = sandbox.ROOT / "docs" / "network.md"


def test_the_table_is_what_the_stack_proves() -> None:
    sandbox.run_ok([sys.executable, "tools/docs/network_proof.py", "--check"], sandbox.ROOT)


def test_every_flow_of_the_table_holds() -> None:
    rows = [x for x in PAGE.read_text(encoding="utf-8").splitlines() if x.startswith("| ")]
    assert len(rows) > 60
    assert [row for row in rows if "**not" in row] == []
