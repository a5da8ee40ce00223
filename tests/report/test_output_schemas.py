"""Every output in JSON has one published schema, and keeps to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import jsonschema_rs
import pytest
from click.testing import CliRunner

from stackgen.cli.main import cli
from stackgen.errors import UsageError
from stackgen.report.output_schemas import commands, file_of, listed
from tests import sandbox
from tests.benchmark.reports import inference_perf
from tests.cli.commands import all_commands

# A model with all that a plan can say, beside the reference stack.
MORE = """
spec:
  serving:
    models:
      - name: qwen2-3b-pattern1
        traffic: {requestsPerSecond: 2, inputTokens: 1000, outputTokens: 200}
        slo: {ttft: {p50: 2s}}
"""
GATEWAY = "out/dev/3-gateway/gateway-inference-gateway.yaml"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = sandbox.stack(tmp_path_factory.mktemp("outputs") / "stack")
    (folder / "overlays" / "extra").mkdir()
    (folder / "overlays" / "extra" / "stack.yaml").write_text(MORE)
    for name, seconds in (("before", 1.0), ("after", 2.0)):
        (folder / f"{name}.json").write_text(json.dumps(inference_perf(seconds)))
    return folder


def _schema(name: str) -> Any:
    return json.loads(Path(file_of(name)).read_text(encoding="utf-8"))


def test_every_command_that_prints_json_is_of_one_schema() -> None:
    """`--statistics` prints what another schema describes."""
    printing = {
        path
        for path, command in all_commands()
        for option in command.params
        if option.name == "output_format" and "json" in getattr(option.type, "choices", ())
    }
    named = [command for of in commands().values() for command in of]
    assert len(named) == len(set(named))
    assert {x for x in named if "--" not in x} - {"merge"} == printing - {"merge"}


@pytest.mark.parametrize("name", sorted(commands()))
def test_a_schema_says_what_it_is(name: str) -> None:
    schema = _schema(name)
    jsonschema_rs.meta.validate(schema)
    assert schema["$id"] == f"https://stackgen.dev/schemas/{name}.schema.json"
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("statistics", ["lint", "out/dev", "--statistics", "--select", "policy"]),
        ("report", ["lint", "out/dev", "--select", "policy"]),
        ("plan", ["plan", "--env", "extra", "--what-if", "topology=2x4"]),
        ("rollout", ["rollout", "--env", "dev"]),
        ("trace", ["trace", f"{GATEWAY}:12"]),
        ("impact", ["impact", "spec.serving.models[0].replicas", "--env", "dev"]),
        ("net-list", ["net", "list", "out/dev"]),
        ("net-diff", ["net", "diff", "out/dev", "out/prod"]),
        ("net-prove", ["net", "prove", "--env", "dev"]),
        ("net-prove", ["net", "prove", "out/dev"]),
        ("rules", ["rules"]),
        ("releases", ["releases"]),
        ("catalog", ["catalog", "list", "releases"]),
        ("catalog", ["catalog", "search", "v6e"]),
        ("catalog", ["catalog", "show", "accelerators", "v6e"]),
        ("policies", ["policies", "list"]),
        ("schemas", ["schemas", "list"]),
        ("benchmark", ["benchmark", "compare", "before.json", "after.json"]),
        ("expand", ["expand", "out/dev"]),
    ],
)
def test_what_is_printed_keeps_to_it(
    name: str, arguments: list[str], stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stack)
    done = CliRunner().invoke(cli, [*arguments, "--output-format", "json"])
    validator = jsonschema_rs.Draft202012Validator(_schema(name))
    found = validator.iter_errors(json.loads(done.stdout))
    assert [f"{list(e.instance_path)}: {e.message[:200]}" for e in found] == []


def test_the_plan_of_that_model_has_figures(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the schema of traffic is tried."""
    monkeypatch.chdir(stack)
    done = CliRunner().invoke(cli, ["plan", "--env", "extra", "--output-format", "json"])
    (model,) = json.loads(done.stdout)["environments"][0]["models"]
    assert model["traffic"]["slo"] and model["traffic"]["load"]["value"] > 0


def test_the_list_names_schemas_and_commands() -> None:
    assert "plan        plan" in listed()
    assert max(map(len, listed())) <= 80
    with pytest.raises(UsageError, match='did you mean "plan"'):
        file_of("plam")
    with pytest.raises(UsageError, match="no schema of an output"):
        file_of("../schemas/stack")


def test_groups_have_no_output_of_their_own() -> None:
    assert all(not isinstance(command, click.Group) for _, command in all_commands())
