"""One line a finding."""

from __future__ import annotations

from stackgen.report import formats, render
from stackgen.report.style import Style
from tests.report.runs import everything, nothing


def test_lines() -> None:
    assert render("concise", everything(), Style()) == (
        "odd name, 100%.yaml:1:4: error[tpu-whole-host] "
        '50% of a: b, <c> & "d"\\nin two lines\\x1b[0m\n'
        "stack.yaml:9:16: error[tpu-whole-host] "
        "qwen2-3b-pattern1 asks for 2 of the 4 chips of a ct6e-standard-4t host\n"
        "stack.yaml:8:15: warning[serving-probe-budget] the startup probe gives up after 30 s\n"
        "values.yaml: warning[serving-probe-budget] a file as a whole\n"
        "info[policy-image-digest] found nowhere in particular\n"
        "2 errors, 2 warnings, 1 info in 12 documents, 1 suppressed, 1 fixable with --fix\n"
    )
    assert render("concise", nothing(), Style()) == "no findings in 12 documents\n"


def test_no_format_depends_on_when_or_where_it_runs() -> None:
    for name in formats("findings"):
        report = render(name, everything(), Style())
        assert report == render(name, everything(), Style())
        assert "/home" not in report
        assert "2026-" not in report
