"""Entries of `fallback` that GKE cannot create or never uses, at the key of the spec."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.findings.model import Severity
from stackgen.manifest.document import show_path
from tests.stacks import of_one_model

ONE = {"accelerator": "v6e", "topology": "2x2"}
GROUP = {"accelerator": "v6e", "topology": "4x4", "nodes": {"min": 0, "max": 4}}
V4 = {"accelerator": "v4", "topology": "2x2x1"}
SPOT = {"purchase": "spot"}
A = {"zones": ["us-central1-a"]}
PLAIN = {"machineType": "n1-standard-8"}


@pytest.mark.parametrize(
    ("pool", "rule", "place", "message"),
    [
        ({**ONE, "fallback": [{"accelerator": "l4"}]}, "spec-fallback",
         "fallback[0].accelerator", "fallback 1 of tpu has l4, the node pool v6e"),
        ({**GROUP, "fallback": [{"purchase": "flex-start"}]}, "spec-fallback",
         "fallback[0].purchase", "a slice 4x4 of v6e has 4 hosts"),
        ({**V4, "fallback": [{"purchase": "flex-start"}]}, "spec-fallback",
         "fallback[0].purchase", "flex-start, which v4 does not have"),
        ({**ONE, "fallback": [SPOT, A, SPOT]}, "spec-fallback",
         "fallback[2]", "fallback 3 of tpu is the same as fallback 1"),
        ({**ONE, "fallback": [{"maxRunDurationSeconds": 3600, **A}]}, "spec-fallback",
         "fallback[0].maxRunDurationSeconds", "its purchase is not flex-start"),
        ({**ONE, "activeMigration": True}, "spec-fallback",
         "activeMigration", "tpu sets activeMigration and no fallback"),
        ({**ONE, "reservedUntil": "2027-03-31"}, "spec-fallback",
         "reservedUntil", "tpu sets reservedUntil and no reservation"),
        ({**ONE, "reservation": "r", "reservedUntil": "2027-02-30"}, "spec-fallback",
         "reservedUntil", "reservedUntil 2027-02-30, which is no date"),
        ({"accelerator": "l4", "fallback": [{"topology": "2x2"}]}, "spec-fallback",
         "fallback[0].topology", "has a topology, and l4 is a GPU"),
        ({**ONE, "fallback": [{"purchase": "spot", "reservation": "r"}]},
         "spec-reservation-purchase", "fallback[0].purchase", "a reservation and purchase spot"),
        ({**ONE, "fallback": [{"zones": ["us-central1-a", "europe-west4-a"]}]},
         "spec-pool-zone", "fallback[0].zones[1]", "fallback 1 of tpu is in europe-west4-a"),
        ({**ONE, "fallback": [{"zones": ["us-central1-zz"]}]},
         "spec-zone-unknown", "fallback[0].zones[0]", "us-central1 has no zone us-central1-zz"),
        ({**ONE, "fallback": [{"zones": ["us-central1-a", "us-central1-b", "us-central1-a"]}]},
         "spec-fallback", "fallback[0].zones[2]",
         "fallback 1 of tpu lists zone us-central1-a twice"),
        ({**ONE, "fallback": [{"topology": "2x3"}]},
         "spec-not-in-catalog", "fallback[0].topology", "v6e has no topology 2x3"),
    ],
)  # fmt: skip
def test_each_contradiction_is_named_at_its_key(
    pool: dict[str, Any], rule: str, place: str, message: str
) -> None:
    compiled = of_one_model("llm-d-0.9", {"exposure": "internal"}, pool)
    (finding,) = [f for f in compiled.findings if f.rule.id == rule]
    assert message in finding.message
    assert show_path(finding.places[0].path) == f"spec.cluster.nodePools[1].{place}"
    if rule == "spec-fallback":
        assert finding.impact.startswith("Not rendered. ") and finding.remedy
    assert compiled.plan is None


def test_a_pool_without_accelerator_has_no_fallback() -> None:
    pool = {**PLAIN, "fallback": [{}]}
    compiled = of_one_model("llm-d-0.9", {"exposure": "internal"}, pool)
    assert any(
        f.rule.id == "spec-fallback" and "no accelerator" in f.message for f in compiled.findings
    )


@pytest.mark.parametrize(
    "entry", [{"purchase": "preemptible"}, {"purchse": "spot"}, {"zones": "us-central1-b"}]
)
def test_an_entry_that_cannot_be_read_is_not_compared(entry: dict[str, Any]) -> None:
    pool = {**ONE, "zone": "us-central1-b", "fallback": [entry]}
    compiled = of_one_model("llm-d-0.9", {"exposure": "internal"}, pool)
    (finding,) = compiled.findings
    assert finding.rule.id in ("spec-invalid-value", "spec-unknown-key", "spec-wrong-type")


@pytest.mark.parametrize(
    ("pool", "entry", "same"),
    [
        ({}, {}, True),
        ({"purchase": "spot"}, SPOT, True),
        ({}, {"purchase": "3-year", "zones": ["us-central1-b"], **ONE}, True),
        ({}, A, False),
        ({"purchase": "spot"}, {}, False),
        ({"reservation": "r"}, {}, False),
        ({}, {"topology": "1x1"}, False),
    ],
)
def test_an_entry_of_the_nodes_of_its_pool_is_a_warning(
    pool: dict[str, Any], entry: dict[str, Any], same: bool
) -> None:
    """Also where an overlay sets the purchase of the pool, or the entry writes out defaults."""
    at = {**ONE, "zone": "us-central1-b", **pool, "fallback": [entry]}
    compiled = of_one_model("llm-d-0.9", {"exposure": "internal"}, at)
    found = [f for f in compiled.findings if f.rule.id == "spec-fallback"]
    assert [f.severity for f in found] == [Severity.WARNING] * same
    assert compiled.plan is not None
    for finding in found:
        assert "of the node pool" in finding.message
        assert show_path(finding.places[0].path) == "spec.cluster.nodePools[1].fallback[0]"
