"""`--fix` edits files, `--diff` shows how."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackgen.cli.fixing import Fixed, apply_fixes
from stackgen.errors import UsageError
from stackgen.findings.fix import fixes_of
from stackgen.findings.model import Finding, Fix
from stackgen.findings.suppress import Suppression
from tests.findings.given import CHIPS, PROBE, STACK, outcome, whole_host

DROP = Fix("stack.yaml", CHIPS, remove=True)
RAISE = Fix("stack.yaml", (*CHIPS[:4], "replicas"), value=2)
FIXED = STACK.replace("        chips: 2\n", "").replace("replicas: 1", "replicas: 2")


def findings() -> list[Finding]:
    return [whole_host(fix=DROP), PROBE.finding("one replica", fix=RAISE)]


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    file = tmp_path / "stack.yaml"
    file.write_bytes(STACK.encode())
    return file


def test_fix_writes(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.chmod(stack, 0o640)
    assert apply_fixes(fixes_of(outcome(findings())), str(stack.parent)) == Fixed(
        ("stack.yaml",), 2
    )
    assert stack.read_bytes() == FIXED.encode()
    assert stack.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in stack.parent.iterdir()] == ["stack.yaml"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "stackgen: fixed 2 findings in stack.yaml\n"


def test_diff_shows_and_writes_nothing(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert apply_fixes(fixes_of(outcome(findings())), str(stack.parent), show=True).files == (
        "stack.yaml",
    )
    assert stack.read_bytes() == STACK.encode()
    captured = capsys.readouterr()
    assert (
        captured.out
        == """\
--- a/stack.yaml
+++ b/stack.yaml
@@ -6,5 +6,4 @@
   serving:
     models:
       - name: qwen2-3b-pattern1
-        chips: 2
-        replicas: 1
+        replicas: 2
"""
    )
    assert captured.err == "stackgen: would fix 2 findings in stack.yaml\n"


def test_diff_in_colour(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    apply_fixes(fixes_of(outcome(findings())), str(stack.parent), show=True, color="always")
    assert "\x1b[31m-        chips: 2\x1b[0m\n" in capsys.readouterr().out


def test_nothing_to_fix(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert apply_fixes(fixes_of(outcome([whole_host()])), str(stack.parent)) == Fixed((), 0)
    assert capsys.readouterr().err == ""


def test_suppressed_findings_are_left_alone() -> None:
    accepted = Suppression("tpu-whole-host", "shared")
    assert fixes_of(outcome(findings(), suppressions=[accepted])) == {"stack.yaml": [RAISE]}


def test_conflict_is_resolved_in_the_order_of_the_report(
    stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Fix("stack.yaml", CHIPS, value=4)
    both = [PROBE.finding("second", fix=other), whole_host(fix=DROP)]
    assert apply_fixes(fixes_of(outcome(both)), str(stack.parent)).fixed == 1
    assert stack.read_bytes() == STACK.replace("        chips: 2\n", "").encode()
    assert capsys.readouterr().err == (
        "stackgen: stack.yaml: spec.serving.models[0].chips not fixed: "
        "another fix changes the same place; run again\n"
        "stackgen: fixed 1 finding in stack.yaml\n"
    )


def test_link_stays_a_link(stack: Path) -> None:
    stack.rename(stack.with_name("real.yaml"))
    stack.symlink_to("real.yaml")
    apply_fixes(fixes_of(outcome(findings())), str(stack.parent))
    assert stack.is_symlink()
    assert stack.with_name("real.yaml").read_bytes() == FIXED.encode()


def test_file_that_is_gone_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^stack\.yaml: not found$"):
        apply_fixes(fixes_of(outcome(findings())), str(tmp_path))
