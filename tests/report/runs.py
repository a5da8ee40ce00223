"""Outcomes that hold everything a report may have to show."""

from __future__ import annotations

from stackgen.findings.model import Fix, Place
from stackgen.findings.pipeline import Outcome
from stackgen.findings.suppress import Suppression
from stackgen.manifest.document import Mark
from tests.findings.given import CHIPS, HINT, PROBE, WHOLE_HOST, outcome, service, whole_host

AWKWARD = "a: \"100% <b>&'x', é\x1b[0m\u2028\""


def everything() -> Outcome:
    """One finding of each sort."""
    findings = [
        whole_host(fix=Fix("stack.yaml", CHIPS, remove=True)),
        PROBE.finding("the startup probe gives up after 30 s", Place(service(), ("metadata",))),
        HINT.finding("vllm/vllm-tpu:v0.8 is a tag", Place(service(), ("spec",))),
        HINT.finding("found nowhere in particular"),
        PROBE.finding("a file as a whole", Place(file="values.yaml")),
        WHOLE_HOST.finding(
            '50% of a: b, <c> & "d"\nin two lines\x1b[0m',
            Place(file="odd name, 100%.yaml", text=AWKWARD, mark=Mark(1, 4, 12)),
        ),
    ]
    suppressions = [
        Suppression(
            "policy-image-digest", "pinned by the registry",
            object="LLMInferenceService/*", until="2027-01-31",
        )
    ]  # fmt: skip
    return outcome(findings, suppressions=suppressions)


def nothing() -> Outcome:
    """A clean run."""
    return outcome([])
