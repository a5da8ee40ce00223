"""Reports go to standard output and to files; notes to standard error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stackgen.cli.options import ReportOptions
from stackgen.cli.output import deliver, read_notes
from stackgen.errors import UsageError
from stackgen.findings.model import Place
from stackgen.manifest.document import Mark
from stackgen.report import formats, render
from stackgen.report.style import Style
from tests.findings.given import WHOLE_HOST, outcome, whole_host


def test_several_reports_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = outcome([whole_host()])
    files = [("sarif", str(tmp_path / "r.sarif")), ("junit", str(tmp_path / "j.xml"))]
    code = deliver(result, ReportOptions(output_format="concise", outputs=tuple(files)))
    assert code == 1
    captured = capsys.readouterr()
    assert captured.out == render("concise", result, Style())
    assert captured.err == ""
    for name, file in files:
        assert Path(file).read_text(encoding="utf-8") == render(name, result, Style())


def test_colour_is_for_standard_output_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.txt"
    outputs = (("text", str(file)),)
    deliver(outcome([whole_host()]), ReportOptions(outputs=outputs, color="always"))
    assert "\x1b[" in capsys.readouterr().out
    assert "\x1b[" not in file.read_text(encoding="utf-8")


def test_nothing_to_look_at_is_exit_code_2_with_a_note(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert deliver(outcome([], documents=0), ReportOptions(output_format="concise")) == 2
    captured = capsys.readouterr()
    assert captured.out == "nothing was checked: no documents\n"
    assert captured.err == ""


def test_annotations_come_with_the_summary_for_people(
    capsys: pytest.CaptureFixture[str],
) -> None:
    deliver(outcome([]), ReportOptions(output_format="github"))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "stackgen: no findings in 12 documents\n"


def test_writing_a_baseline_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "baseline.json")
    assert deliver(outcome([whole_host()]), ReportOptions(write_baseline=file)) == 0
    assert capsys.readouterr().err == f"stackgen: baseline written to {file}\n"
    entries = json.loads(Path(file).read_text(encoding="utf-8"))["findings"]
    assert [e["rule"] for e in entries] == ["tpu-whole-host"]
    assert deliver(outcome([], documents=0), ReportOptions(write_baseline=file)) == 2


@pytest.mark.parametrize("name", formats("findings"))
def test_names_that_are_no_text_break_no_report(name: str, tmp_path: Path) -> None:
    odd = "odd-\udcff.yaml"  # what the file system calls b"odd-\xff.yaml"
    finding = WHOLE_HOST.finding(
        f"{odd} is odd", Place(file=odd, text="a: 1\n", mark=Mark(1, 4, 5))
    )
    file = tmp_path / "report"
    deliver(outcome([finding], sources=[]), ReportOptions(outputs=((name, str(file)),)))
    text = file.read_text(encoding="utf-8")
    assert "odd-" in text
    if name in ("json", "sarif"):
        assert json.loads(text)


def test_bytes_do_not_depend_on_the_locale() -> None:
    program = (
        "from stackgen.cli.options import ReportOptions\n"
        "from stackgen.cli.output import deliver\n"
        "from tests.findings.given import HINT, outcome\n"
        "deliver(outcome([HINT.finding('größer → 名')]), ReportOptions(output_format='concise'))\n"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONIOENCODING": encoding},
            capture_output=True,
            check=True,
        ).stdout
        for encoding in ("ascii", "latin-1", "utf-8")
    ]
    assert "größer → 名".encode() in printed[0]
    assert printed[0] == printed[1] == printed[2]


def test_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    file = str(tmp_path / "missing" / "r.json")
    with pytest.raises(UsageError, match=r"r\.json: cannot be written: No such file"):
        deliver(outcome([]), ReportOptions(outputs=(("json", file),)))


def test_remarks_that_are_alike_are_shortened(capsys: pytest.CaptureFixture[str]) -> None:
    read_notes([*(f"{i}.yaml:1: a spec" for i in range(6)), "a.yaml: empty", "said once"])
    assert capsys.readouterr().err == (
        "stackgen: 0.yaml:1, 1.yaml:1, 2.yaml:1 and 3 more (-v lists them): a spec\n"
        "stackgen: a.yaml: empty\n"
        "stackgen: said once\n"
    )
    read_notes(f"{i}.yaml:1: a spec" for i in range(5))
    assert len(capsys.readouterr().err.splitlines()) == 5
