"""The limits that the documentation states are those of the code."""

from __future__ import annotations

from stackgen import reading, spelling
from stackgen.checks import budget
from stackgen.checks.policy import custom
from stackgen.checks.policy.pass_shipped import Limits
from stackgen.findings import config, select
from stackgen.manifest import json_in, yaml_in
from stackgen.schema import node
from tests.sandbox import ROOT

MIB = 2**20


def stated(name: str) -> list[str]:
    """The second column of the table between two comments."""
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    table = text[text.index(f"<!-- {name} -->") : text.index(f"<!-- /{name} -->")]
    return [line.split(" | ")[1].removesuffix(" |") for line in table.splitlines()[3:]]


def test_limits_on_input() -> None:
    assert stated("limits") == [
        f"{reading.MAX_SPEC // MIB} MiB",
        f"{reading.MAX_TERRAFORM // MIB} MiB",
        f"{reading.MAX_FILE // MIB} MiB",
        f"{reading.MAX_MANIFESTS // MIB} MiB",
        f"{reading.MAX_TOTAL // MIB} MiB",
        f"{reading.MAX_MANIFESTS // MIB} MiB",
        f"{reading.MAX_TOTAL // MIB} MiB",
        f"{reading.MAX_SECONDS} s",
        f"{reading.MAX_ENTRIES:,}",
        f"{reading.MAX_FOLDERS}",
        f"{json_in.MAX_DEPTH}",
        f"{yaml_in.MAX_VALUES:,}",
        f"{yaml_in.MAX_ALIASED_NODES:,}",
        f"{yaml_in.MAX_ALIASED_IN_FILE:,}",
        f"{node.MAX_FILLED:,}",
        f"{config.MAX_PATHS}",
        f"{select.MAX_GLOBS}",
    ]


def test_limits_of_evaluation() -> None:
    limits = Limits()
    _, *numbers = stated("budgets")
    assert numbers == [
        f"{custom.DEADLINE_SECONDS} s and {custom.MEMORY_BYTES // MIB} MiB",
        f"{limits.seconds} s and {limits.memory // MIB:,} MiB, on each object and on the whole set",
        f"{budget.SECONDS:g} s",
        f"{spelling.MOST:,} pairs of characters",
    ]
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert f"for over {limits.documents:,} objects or {limits.size // MIB} MiB of JSON" in text
