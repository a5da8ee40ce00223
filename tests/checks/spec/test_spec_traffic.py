"""Traffic that is not complete, and an SLO without traffic, at the key of the spec."""

from __future__ import annotations

import pytest

from stackgen.manifest.document import show_path
from tests.checks.planned import compiled_of

MODEL = "spec: {serving: {models: [{name: chat, %s}]}}"


@pytest.mark.parametrize(
    ("fields", "place", "message"),
    [
        ("traffic: {inputTokens: 9, outputTokens: 9}", "traffic", "without requestsPerSecond or"),
        ("traffic: {users: 1}", "traffic", "traffic without inputTokens, outputTokens"),
        (
            "traffic: {users: 1, requestsPerSecond: 1, inputTokens: 9, outputTokens: 9}",
            "traffic.users", "traffic.requestsPerSecond and traffic.users: set one of them",
        ),
        ("slo: {tpot: {p50: 40ms}}", "slo", "chat has an slo but no traffic"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_at_its_key(fields: str, place: str, message: str) -> None:
    found = [f for f in compiled_of(MODEL % fields).findings if f.rule.id == "spec-traffic"]
    (finding,) = found
    assert message in finding.message
    assert show_path(finding.places[0].path) == f"spec.serving.models[0].{place}"
