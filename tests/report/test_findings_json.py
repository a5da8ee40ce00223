"""The JSON report: its documented shape, and that it says what there is to say."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from stackgen.findings.pipeline import Outcome
from stackgen.report import render
from stackgen.report.style import Style
from tests.findings.given import outcome, whole_host
from tests.report.runs import everything, nothing

SCHEMA = json.loads(Path("docs/report.schema.json").read_text(encoding="utf-8"))


def written(result: Outcome) -> str:
    return render("json", result, Style())


@pytest.mark.parametrize("result", [everything(), nothing()], ids=["everything", "nothing"])
def test_follows_the_documented_schema(result: Outcome) -> None:
    validator = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
    assert [e.message for e in validator.iter_errors(json.loads(written(result)))] == []


def test_whole_report_of_one_finding() -> None:
    pool = {"kind": "LLMInferenceService", "namespace": "llm", "name": "qwen2-3b-pattern1"}
    assert json.loads(written(outcome([whole_host()]))) == {
        "version": 1,
        "findings": [
            {
                "rule": "tpu-whole-host",
                "family": "tpu",
                "severity": "error",
                "confidence": "high",
                "message": "qwen2-3b-pattern1 asks for 2 of the 4 chips of a ct6e-standard-4t host",
                "impact": "kubelet rejects the pod (UnexpectedAdmissionError) and it never starts",
                "remedy": "drop `chips`; the whole host is the default",
                "fingerprint": outcome([whole_host()]).findings[0].fingerprint,
                "suppressed": False,
                "locations": [
                    {
                        "role": "primary",
                        "file": "stack.yaml",
                        "line": 9,
                        "column": 16,
                        "path": "spec.serving.models[0].chips",
                        "object": pool,
                        "end_column": 17,
                        "note": "2 chips",
                    },
                    {
                        "role": "secondary",
                        "file": "stack.yaml",
                        "line": 5,
                        "column": 58,
                        "path": "",
                        "object": None,
                        "end_column": 61,
                        "note": "this host has 4",
                    },
                    {
                        "role": "rendered",
                        "file": "out/prod/4-serving/llminferenceservice-qwen2-3b-pattern1.yaml",
                        "line": 14,
                        "column": 27,
                        "path": 'spec.template.containers[0].resources.limits["google.com/tpu"]',
                        "object": pool,
                        "end_column": 28,
                        "note": "2 chips",
                    },
                ],
            }
        ],
        "summary": {"errors": 1, "warnings": 0, "infos": 0, "suppressed": 0, "documents": 12},
    }


def test_suppressed_and_fixable_findings_say_so() -> None:
    findings = json.loads(written(everything()))["findings"]
    assert [f["suppression"] for f in findings if f["suppressed"]] == [
        {"kind": "inSource", "reason": "pinned by the registry", "until": "2027-01-31"}
    ]
    assert [f["rule"] for f in findings if f.get("fixable")] == ["tpu-whole-host"]


def test_same_input_same_bytes() -> None:
    assert written(everything()) == written(everything())
