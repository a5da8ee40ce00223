"""`stackgen lint --complete` and `--profile`, as a user calls them."""

from __future__ import annotations

import sys
from pathlib import Path

from tests import sandbox

LINT = [sys.executable, "-m", "stackgen", "lint", "pod.yaml", "--output-format", "concise"]
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  serviceAccountName: web
  containers: [{name: main, image: "registry.example.com/web:1.0"}]
"""


def lint(tmp_path: Path, *options: str) -> tuple[int, str]:
    (tmp_path / "pod.yaml").write_text(POD, encoding="utf-8")
    done = sandbox.run([*LINT, *options], tmp_path)
    return done.returncode, done.stdout


def test_what_is_not_there_may_be_elsewhere(tmp_path: Path) -> None:
    code, text = lint(tmp_path)
    assert code == 0
    assert "reference-missing" not in text


def test_in_a_complete_input_what_is_not_there_is_missing(tmp_path: Path) -> None:
    code, text = lint(tmp_path, "--complete")
    assert code == 1
    assert "error[reference-missing] nothing in the input provides ServiceAccount web" in text


def test_policies_are_errors_in_production_only(tmp_path: Path) -> None:
    assert "info[pods-run-as-non-root]" in lint(tmp_path)[1]
    code, text = lint(tmp_path, "--profile", "production")
    assert code == 1
    assert "error[pods-run-as-non-root]" in text
