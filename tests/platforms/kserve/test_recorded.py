"""The prediction against what the controllers of three releases made of our own services.

`recorded/inputs/` has the services. `recorded/<row>.jsonl` has the facts of the answers: the real
controllers ran on a kube-apiserver, and `benchmarks.expand --facts` wrote them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.expand import predicted
from benchmarks.facts import facts

from stackgen.catalog.load import Catalog

FOLDER = Path(__file__).with_name("recorded")
CATALOG = Catalog()
CASES = [
    (file.stem, case)
    for file in sorted(FOLDER.glob("*.jsonl"))
    for case in map(json.loads, file.read_text(encoding="utf-8").splitlines())
]
# The API server rejects a Pod of these, and the controller makes nothing after it.
REJECTED = {"later-adapters": 1}


@pytest.mark.parametrize(
    ("release", "case"), CASES, ids=[f"{release}-{case['case']}" for release, case in CASES]
)
def test_what_a_controller_made_is_predicted(release: str, case: dict[str, Any]) -> None:
    text = (FOLDER / "inputs" / f"{case['case']}.yaml").read_text(encoding="utf-8")
    ours = facts(predicted(text, release, CATALOG))
    real: dict[str, Any] = case["objects"]
    if case["case"] in REJECTED:
        assert len(real) == REJECTED[case["case"]]
        ours = {name: found for name, found in ours.items() if name in real}
    assert ours == real


def test_every_input_was_given_to_the_controllers() -> None:
    inputs = {file.stem for file in (FOLDER / "inputs").glob("*.yaml")}
    for release in ("kserve-0.20", "odh-3.5"):
        assert {case["case"] for name, case in CASES if name == release} == inputs
    first = {case["case"] for name, case in CASES if name == "llm-d-infra-xks-0.15"}
    assert first == {name for name in inputs if not name.startswith("later-")}
    assert sum(len(case["objects"]) for _, case in CASES) > 1000
