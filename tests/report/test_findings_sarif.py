"""SARIF: valid, with spec and rendered places, fingerprints, rule help and suppressions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from stackgen import __version__
from stackgen.findings.pipeline import Outcome
from stackgen.report import render
from stackgen.report.style import Style
from tests.findings.given import RENDERED, outcome, whole_host
from tests.report.runs import everything, nothing

FACTS = json.loads(Path("tests/cases/report/sarif-facts.schema.json").read_text(encoding="utf-8"))


def log(result: Outcome) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(render("sarif", result, Style()))
    return data


@pytest.mark.parametrize("result", [everything(), nothing()], ids=["everything", "nothing"])
def test_valid(result: Outcome) -> None:
    validator = jsonschema_rs.Draft202012Validator(FACTS, validate_formats=True)
    assert [e.message for e in validator.iter_errors(log(result))] == []


def test_empty_run_still_names_the_tool() -> None:
    assert log(nothing())["runs"] == [
        {
            "tool": {
                "driver": {
                    "name": "stackgen",
                    "version": __version__,
                    "semanticVersion": __version__,
                    "rules": [],
                }
            },
            "columnKind": "unicodeCodePoints",
            "results": [],
        }
    ]


def test_result_is_at_the_spec_line_and_related_to_the_rendered_one() -> None:
    (result,) = log(outcome([whole_host()]))["runs"][0]["results"]
    assert result["level"] == "error"
    assert result["message"]["text"] == (
        "qwen2-3b-pattern1 asks for 2 of the 4 chips of a ct6e-standard-4t host\n"
        "In the cluster: kubelet rejects the pod (UnexpectedAdmissionError) and it never starts\n"
        "Help: drop `chips`; the whole host is the default"
    )
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "stack.yaml"},
                "region": {
                    "startLine": 9,
                    "startColumn": 16,
                    "endColumn": 17,
                    "snippet": {"text": "        chips: 2"},
                },
            },
            "logicalLocations": [
                {
                    "fullyQualifiedName": "LLMInferenceService/llm/qwen2-3b-pattern1:"
                    "spec.serving.models[0].chips",
                    "kind": "object",
                }
            ],
        }
    ]
    related = [
        (
            r["id"],
            r["physicalLocation"]["artifactLocation"]["uri"],
            r["physicalLocation"]["region"]["startLine"],
            r["message"]["text"],
        )
        for r in result["relatedLocations"]
    ]
    assert related == [
        (1, "stack.yaml", 5, "this host has 4"),
        (
            2,
            RENDERED,
            14,
            'rendered: spec.template.containers[0].resources.limits["google.com/tpu"]',
        ),
    ]


def test_fingerprint_is_the_one_of_the_other_reports() -> None:
    result = everything()
    results = log(result)["runs"][0]["results"]
    assert [r["partialFingerprints"] for r in results] == [
        {"stackgen/v1": x.fingerprint} for x in result.findings
    ]


def test_suppressed_findings_are_results_with_a_suppression() -> None:
    results = log(everything())["runs"][0]["results"]
    assert [r["suppressions"] for r in results if "suppressions" in r] == [
        [
            {
                "kind": "inSource",
                "status": "accepted",
                "justification": "pinned by the registry (until 2027-01-31)",
            }
        ]
    ]
    assert len(results) == 6


def test_rules_come_with_help_and_results_refer_to_them() -> None:
    run = log(everything())["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [
        "policy-image-digest", "serving-probe-budget", "tpu-whole-host",
    ]  # fmt: skip
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    whole = rules[2]
    assert whole["defaultConfiguration"] == {"level": "error"}
    assert "## In the cluster\n\nkubelet rejects the pod" in whole["help"]["markdown"]
    assert whole["properties"] == {
        "tags": ["tpu"], "precision": "very-high", "problem.severity": "error",
    }  # fmt: skip


def test_every_result_has_a_file_and_a_line_as_code_scanning_demands() -> None:
    results = log(everything())["runs"][0]["results"]
    places = [r["locations"][0]["physicalLocation"] for r in results]
    assert all(place["region"]["startLine"] >= 1 for place in places)
    nowhere = next(r for r in results if "nowhere" in r["message"]["text"])
    assert nowhere["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "stack.yaml"}, "region": {"startLine": 1},
    }  # fmt: skip


def test_file_names_are_uri_references() -> None:
    uris = {
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in log(everything())["runs"][0]["results"]
        for location in result["locations"]
    }
    assert uris == {"stack.yaml", "values.yaml", "odd%20name%2C%20100%25.yaml"}
