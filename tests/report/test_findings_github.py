"""Annotations carry file, line and title, and nothing in them can end a command early."""

from __future__ import annotations

from stackgen.findings.model import Place
from stackgen.manifest.document import Mark
from stackgen.report import render
from stackgen.report.style import Style
from tests.findings.given import HINT, PROBE, outcome, whole_host
from tests.report.runs import everything, nothing


def test_whole_annotation() -> None:
    assert render("github", outcome([whole_host()]), Style()) == (
        "::error file=stack.yaml,line=9,endLine=9,col=16,endColumn=16,"
        "title=stackgen tpu-whole-host::"
        "qwen2-3b-pattern1 asks for 2 of the 4 chips of a ct6e-standard-4t host%0A"
        "in the cluster: kubelet rejects the pod (UnexpectedAdmissionError) and it never starts%0A"
        "help: drop `chips`; the whole host is the default%0A"
        "rendered: out/prod/4-serving/llminferenceservice-qwen2-3b-pattern1.yaml:14\n"
    )


def test_severities() -> None:
    place = Place(file="a.yaml", text="a: 1\n", mark=Mark(1, 4, 5))
    report = render("github", outcome([HINT.finding("h", place), PROBE.finding("p")]), Style())
    assert [line.split("::")[1].split(",")[0] for line in report.splitlines()] == [
        "warning title=stackgen serving-probe-budget",
        "notice file=a.yaml",
    ]


def test_escapes() -> None:
    line = next(x for x in render("github", everything(), Style()).splitlines() if "odd name" in x)
    assert line.startswith("::error file=odd name%2C 100%25.yaml,line=1,")
    assert '::50%25 of a: b, <c> & "d"\\nin two lines' in line


def test_one_line_a_finding_and_none_for_suppressed_ones() -> None:
    assert len(render("github", everything(), Style()).splitlines()) == 5
    assert render("github", nothing(), Style()) == ""
