"""The limits that the documentation states are those of the code."""

from __future__ import annotations

import re

from stackgen import reading
from tests.sandbox import ROOT


def test_the_stated_limits_are_those_of_the_reader() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    table = text[text.index("<!-- limits -->") : text.index("<!-- /limits -->")]
    mib = [int(n) for n in re.findall(r"\| (\d+) MiB \|", table)]
    limits = (reading.MAX_SPEC, reading.MAX_FILE, reading.MAX_MANIFESTS, reading.MAX_TOTAL)
    assert mib == [limit // reading.MIB for limit in limits]
    assert f"| {reading.MAX_ENTRIES:,} |" in table
    assert f"| {reading.MAX_FOLDERS} |" in table
