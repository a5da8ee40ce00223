"""`stackgen schemas import` and `stackgen schemas list`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from stackgen.cli.schemas import schemas
from stackgen.errors import UsageError
from tests.schema.given import definition


def test_import_then_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rules = [{"rule": "self.a == 1"}]
    fields = {"a": {"type": "integer"}}
    crd = definition({"type": "object", "properties": fields, "x-kubernetes-validations": rules})
    Path("crd.yaml").write_text(yaml.safe_dump(crd), encoding="utf-8")
    done = CliRunner().invoke(schemas, ["import", "crd.yaml"])
    assert done.exit_code == 0
    assert "schemas/example.com/widget_v1.json" in done.output
    assert "1 rules in CEL" in done.output
    listed = CliRunner().invoke(
        schemas, ["list", "--schemas", "schemas", "--output-format", "json"]
    )
    (mine,) = [row for row in json.loads(listed.output)["schemas"] if row["group"] == "example.com"]
    assert (mine["kind"], mine["version"], mine["variant"]) == ("Widget", "v1", "user")


def test_the_list_of_a_release_has_its_versions_only() -> None:
    arguments = ["list", "--release", "llm-d-infra-xks-0.15", "--output-format", "json"]
    rows = json.loads(CliRunner().invoke(schemas, arguments).output)["schemas"]
    versions = {r["version"] for r in rows if r["kind"] == "LLMInferenceService"}
    assert versions == {"v1alpha1"}
    assert all(r["asOf"] for r in rows)


def test_the_list_as_text() -> None:
    output = CliRunner().invoke(schemas, ["list"]).output
    lines = output.splitlines()
    group = lines.index("gateway.networking.k8s.io")
    below = next(n for n, line in enumerate(lines[group + 1 :]) if not line.startswith(" "))
    kinds = [line.split()[:2] for line in lines[group + 1 : group + 1 + below]]
    assert ["HTTPRoute", "v1"] in kinds
    assert ["Pod", "v1"] not in kinds
    assert max(map(len, lines)) <= 80


def test_input_without_definitions_is_an_error() -> None:
    done = CliRunner().invoke(schemas, ["import", "-"], input="kind: ConfigMap\n")
    assert isinstance(done.exception, UsageError)


def test_the_schema_of_the_spec_has_what_editors_offer() -> None:
    """Beside stack.yaml the user's own rows are offered as well; tests/editor has the content."""
    for arguments, title in (([], "stackgen stack"), (["--overlay"], "stackgen overlay")):
        printed = CliRunner().invoke(schemas, ["stack", *arguments]).output
        assert json.loads(printed)["title"] == title
