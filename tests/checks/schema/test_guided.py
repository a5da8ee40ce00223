"""Pages of Markdown: a field that does not exist is found, what is left out or proposed is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli

PAGE = """```yaml
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: models}
spec:
  model: {uri: "hf://org/model", name: org/model}
  template:
    FIELD
```
"""
WRONG = "spec: {tolerations: [{key: google.com/tpu, operator: Exists}]}"
RIGHT = "tolerations: [{key: google.com/tpu, operator: Exists}]"


@pytest.mark.parametrize(
    ("name", "field", "found"),
    [
        ("docs/install.md", WRONG, [("schema-unknown-field", "warning", 8)]),
        ("docs/install.md", RIGHT, []),
        ("docs/install.md", f"...: {{}}\n    {WRONG}", []),
        ("docs/proposals/template.md", WRONG, []),
    ],
)
def test_pages(tmp_path: Path, name: str, field: str, found: list[tuple[str, str, int]]) -> None:
    page = tmp_path / name
    page.parent.mkdir(parents=True)
    page.write_text(PAGE.replace("FIELD", field), encoding="utf-8")
    done = CliRunner().invoke(cli, ["lint", str(tmp_path), "--output-format", "json"])
    findings = json.loads(done.stdout)["findings"]
    assert [
        (one["rule"], one["severity"], one["locations"][0]["line"]) for one in findings
    ] == found


def test_a_secret_of_a_page_is_not_printed(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        "```yaml\napiVersion: v1\nkind: Secret\nmetadata: {name: token}\n"
        "stringdata: {token: m0lQ-83hf-x2P9}\n```\n",
        encoding="utf-8",
    )
    done = CliRunner().invoke(cli, ["lint", str(tmp_path)])
    assert "schema-unknown-field" in done.stdout
    assert "m0lQ" not in done.output
