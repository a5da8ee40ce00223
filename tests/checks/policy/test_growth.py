"""The policies: how often a loop body of the Rego runs, on input of two sizes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

import pytest
import regorus

from stackgen.checks.policy import pack
from tests.growth.manifests import LAYOUTS, manifests
from tests.growth.wide import wide

# `some` and `every` begin a loop; one that ends in an open bracket goes on in the next line.
LOOP = re.compile(r"^(\s*)(some\b.*[^\[({,]|every .*\{)$", re.MULTILINE)
EXPONENT = 1.1


def engine(scope: str) -> Any:
    """The policies of a scope, which print once in each run of a loop body."""
    found = regorus.Engine()
    found.set_gather_prints(True)
    named = dict(pack.sources())
    shipped = {s.file for s in pack.policies_on(scope)}
    for file, text in named.items():
        if file in shipped or file.startswith("lib/"):
            found.add_policy(file, LOOP.sub(r'\1\2\n\1print("")', text))
    found.add_policy(*pack.EMPTY)
    found.add_policy(*pack.ENTRY)
    return found


def loops(found: Any, documents: Sequence[tuple[str, Any]], rule: str) -> int:
    """How often loop bodies run for these documents."""
    pools = [{"accelerator": "tpu-v6e-slice", "topology": "2x2", "maxNodes": 2}] * len(documents)
    found.clear_data()
    found.add_data_json(json.dumps({"stackgen": {"profile": {"nodePools": pools}}}))
    together = [{"path": file, "contents": data} for file, data in documents]
    single = [data for _, data in documents]
    found.set_input_json(json.dumps(together if rule == "results" else single))
    found.eval_rule_as_json(f"data.entry.{rule}")
    return len(found.take_prints())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_policies_on_the_set_follow_references_without_comparing_all_with_all(
    layout: str,
) -> None:
    found = engine("set")
    small, large = (list(manifests(n, layout)) for n in (8, 32))
    counts = [loops(found, documents, "results") for documents in (small, large)]
    assert counts[0] > len(small)
    assert math.log(counts[1] / counts[0], len(large) / len(small)) < EXPONENT


@pytest.mark.parametrize("scope", ["set", "file"])
def test_the_policies_read_each_item_of_a_wide_object_a_few_times(scope: str) -> None:
    rule = "results" if scope == "set" else "each"
    found = engine(scope)
    counts = [loops(found, wide(n), rule) for n in (20, 80)]
    assert math.log(counts[1] / counts[0], 4) < EXPONENT


def test_a_join_that_compares_all_with_all_is_counted() -> None:
    found = regorus.Engine()
    found.set_gather_prints(True)
    body = "\tsome a in input\n\tsome b in input\n\ta == b"
    text = f"package entry\nimport rego.v1\nresults contains a if {{\n{body}\n}}\n"
    found.add_policy("join.rego", LOOP.sub(r'\1\2\n\1print("")', text))
    assert loops(found, [("a", n) for n in range(40)], "results") == 40 * 40 + 40
