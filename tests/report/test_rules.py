"""Rules as text, list, JSON, Markdown and overview."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from stackgen.findings.rules import all_rules
from stackgen.report import rule_docs, rule_list
from stackgen.report.rule_markdown import markdown
from stackgen.report.rule_text import rule_text
from stackgen.report.style import Style
from tests.findings.given import HINT, PROBE, WHOLE_HOST

THREE = {rule.id: rule for rule in (WHOLE_HOST, PROBE, HINT)}


def test_all_of_a_rule_on_a_terminal() -> None:
    assert (
        rule_text(WHOLE_HOST, Style())
        == """\
error[tpu-whole-host] A pod asks for some of the chips of a host.
family tpu, confidence high, fixable with --fix

Why
  The device plugin hands out whole hosts only.

In the cluster
  kubelet rejects the pod (UnexpectedAdmissionError) and it never starts

Fix in a manifest
  drop `chips`; the whole host is the default

Fix in stack.yaml
  drop `chips`; the whole host is the default

Bad
    chips: 2

Good
    # no chips: all of the host

Suppress at the end of the line
    # stackgen: ignore[tpu-whole-host] the reason

Sources
  GKE documentation on TPU requests (read 2025-06-01)
"""
    )


def test_all_of_a_rule_as_markdown() -> None:
    assert (
        markdown(WHOLE_HOST)
        == """\
A pod asks for some of the chips of a host.

## Why

The device plugin hands out whole hosts only.

## In the cluster

kubelet rejects the pod (UnexpectedAdmissionError) and it never starts

## Fix in a manifest

drop `chips`; the whole host is the default

## Fix in stack.yaml

drop `chips`; the whole host is the default

## Fix by command

Run `stackgen build --fix`.

## Bad

```yaml
chips: 2
```

## Good

```yaml
# no chips: all of the host
```

## Sources

- GKE documentation on TPU requests (read 2025-06-01)
"""
    )


def test_list() -> None:
    assert (
        rule_list.text(THREE.values(), Style())
        == """\
serving
  serving-probe-budget  warning  The startup probe gives up before the model is
                                 compiled.

tpu
  tpu-whole-host  error    A pod asks for some of the chips of a host. (--fix)

policy
  policy-image-digest  info     An image is named by tag.
"""
    )


IMAGE_PAGE = "[policy-image-digest](r/policy-image-digest.md)"


def test_markdown_list() -> None:
    assert rule_list.markdown([HINT], "r/").splitlines() == [
        "# Rules",
        "",
        "## policy",
        "",
        "| rule | severity | in production | fix | what is wrong |",
        "|---|---|---|---|---|",
        f"| {IMAGE_PAGE} | info |  |  | An image is named by tag. |",
    ]


def test_json_list_has_every_field() -> None:
    data = json.loads(rule_list.as_json([PROBE]))
    assert data == {
        "version": 2,
        "rules": [
            {
                "id": "serving-probe-budget",
                "family": "serving",
                "severity": "warning",
                "confidence": "medium",
                "fixable": False,
                "field": "",
                "by_default": "error",
                "summary": PROBE.summary,
                "why": "",
                "impact": PROBE.impact,
                "remedy": PROBE.remedy,
                "bad": "",
                "good": "",
                "sources": [{"what": "vLLM on TPU, measured", "as_of": "2025-06-01"}],
                "remedy_in_stack": "raise failureThreshold",
            }
        ],
    }


def test_the_overview_is_written_and_drift_is_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "README.md"
    assert rule_docs.main([]) == 2
    assert rule_docs.main(["--write", str(file)]) == 0
    assert rule_docs.main(["--check", str(file)]) == 0
    assert "| [tpu-lws-size](tpu-lws-size.md) |" in file.read_text(encoding="utf-8")
    file.write_text("edited", encoding="utf-8")
    assert rule_docs.main(["--check", str(file)]) == 1
    assert capsys.readouterr().err.endswith("README.md is not what the pages say\n")


def test_a_file_that_is_missing_is_drift(tmp_path: Path) -> None:
    assert rule_docs.main(["--check", str(tmp_path / "README.md")]) == 1


@pytest.mark.parametrize("room", [8, 30, 47, 80])
def test_summaries_wrap_as_textwrap_does(room: int) -> None:
    for rule in all_rules().values():
        expected = textwrap.wrap(rule.summary, room, break_on_hyphens=False)
        assert rule_list.wrap(rule.summary, room) == expected
