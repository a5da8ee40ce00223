"""Rules as text, list, JSON, Markdown and pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackgen.report import rule_docs, rule_list
from stackgen.report.rule_page import page
from stackgen.report.rule_text import rule_text
from stackgen.report.style import Style
from tests.findings.given import HINT, PROBE, RULES, WHOLE_HOST

THREE = {rule.id: rule for rule in (WHOLE_HOST, PROBE, HINT)}


def test_all_of_a_rule_on_a_terminal() -> None:
    assert (
        rule_text(WHOLE_HOST, Style())
        == """\
error[tpu-whole-host] A pod asks for some of the chips of a host.
family tpu, confidence high, --fix mends it

Why
  The device plugin hands out whole hosts only.

In the cluster
  kubelet rejects the pod (UnexpectedAdmissionError) and it never starts

Found in
    chips: 2

Write instead
    # no chips: all of the host

Help
  drop `chips`; the whole host is the default

Accept it, at the end of the line
    # stackgen: ignore[tpu-whole-host] the reason

Source
  GKE documentation on TPU requests
"""
    )


def test_page() -> None:
    assert (
        page(WHOLE_HOST)
        == """\
<!-- Generated from the rules by python -m stackgen.report.rule_docs --write. -->

# tpu-whole-host

| family | severity | confidence | fix |
|---|---|---|---|
| `tpu` | error | high | `--fix` |

A pod asks for some of the chips of a host.

## Why

The device plugin hands out whole hosts only.

## In the cluster

kubelet rejects the pod (UnexpectedAdmissionError) and it never starts

## Found in

```yaml
chips: 2
```

## Write instead

```yaml
# no chips: all of the host
```

## Help

drop `chips`; the whole host is the default

`stackgen build --fix` does it.

## Source

GKE documentation on TPU requests

## Accept it

On the line: `# stackgen: ignore[tpu-whole-host] reason`, or in the spec:

```yaml
suppress:
  - {rule: tpu-whole-host, object: KIND/NAME, reason: why}
```
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


def test_markdown_list() -> None:
    assert rule_list.markdown([HINT], "r/").splitlines() == [
        "# Rules",
        "",
        "## policy",
        "",
        "| rule | severity | fix | what is wrong |",
        "|---|---|---|---|",
        "| [policy-image-digest](r/policy-image-digest.md) | info |  | An image is named by tag. |",
    ]


def test_json_list_has_every_field() -> None:
    data = json.loads(rule_list.as_json([PROBE]))
    assert data == {
        "version": 1,
        "rules": [
            {
                "id": "serving-probe-budget",
                "family": "serving",
                "severity": "warning",
                "confidence": "medium",
                "fixable": False,
                "summary": PROBE.summary,
                "why": "",
                "impact": PROBE.impact,
                "remedy": PROBE.remedy,
                "bad": "",
                "good": "",
                "source": PROBE.source,
            }
        ],
    }


def test_pages_are_written_and_drift_is_seen(tmp_path: Path) -> None:
    folder = str(tmp_path / "rules")
    names = sorted(["README.md", *(f"{name}.md" for name in RULES)])
    assert rule_docs.drift(RULES, folder) == names
    assert rule_docs.write(RULES, folder) == names
    assert rule_docs.drift(RULES, folder) == []
    (tmp_path / "rules" / "old-rule.md").write_text("gone", encoding="utf-8")
    (tmp_path / "rules" / "tpu-whole-host.md").write_text("edited", encoding="utf-8")
    assert rule_docs.drift(RULES, folder) == ["old-rule.md", "tpu-whole-host.md"]
    assert rule_docs.write(RULES, folder) == ["old-rule.md", "tpu-whole-host.md"]
    assert sorted(p.name for p in (tmp_path / "rules").iterdir()) == names


def test_module_takes_write_and_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path)
    assert rule_docs.main([]) == 2
    assert rule_docs.main(["--check", folder]) == 1
    assert "README.md is not what the rules say" in capsys.readouterr().err
    assert rule_docs.main(["--write", folder]) == 0
    assert rule_docs.main(["--check", folder]) == 0
