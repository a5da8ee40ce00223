"""What every command prints of one stack that uses all features of the spec."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from stackgen.cli.main import cli
from stackgen.report.output_schemas import file_of
from tests.benchmark.reports import inference_perf
from tests.cli.commands import all_commands
from tests.sandbox import ROOT

STACK = ROOT / "tests" / "cases" / "all_features.yaml"
SERVER = "out/prod/4-serving/deployment-coder.yaml:46"
DISK = "out/prod/4-serving/computeclass-tpu.yaml"
# Command -> arguments. What is printed as a table or as text stays within 80 columns.
NARROW = {
    "benchmark compare": ["before.json", "after.json"],
    "catalog list": ["accelerators"],
    "catalog search": ["v6e"],
    "explain": ["spec.serving.models.prefill"],
    "init": ["new"],
    "lint --statistics": [DISK],
    "plan": [],
    "policies list": [],
    "releases": [],
    "rollout": [],
    "rules": ["--select", "tpu"],
    "schemas list": [],
}
WIDE = {
    "adopt": "asks Git about a folder of its own; its tables are tested in tests/adopt",
    "benchmark job": "YAML",
    "benchmark record": "writes a file",
    "bootstrap": "writes files",
    "build": "the title of a finding is one line, for links and grep",
    "catalog show": "YAML",
    "cluster": "a script",
    "completion": "a script",
    "diagnose": "reads a cluster's bundle; each message is one line",
    "diff": "needs Git; tested in tests/review",
    "expand": "YAML",
    "impact": "one line for each field",
    "lint": "the title of a finding is one line, for links and grep",
    "lsp": "speaks to an editor",
    "merge": "a report of findings",
    "net diff": "one line for each connection, for grep",
    "net list": "one line for each connection, for grep",
    "net prove": "one line for each connection, for grep",
    "net query": "one line for each connection, for grep",
    "policies export": "writes files",
    "policies facts": "YAML",
    "report": "HTML",
    "schemas import": "reads files of the user",
    "schemas output": "a schema",
    "schemas stack": "a schema",
    "trace": "paths and URLs of sources; tests/provenance has its lines",
    "upgrade": "renders twice; tests/upgrade has its tables",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The folder of the stack, and what its build printed."""
    folder = tmp_path_factory.mktemp("features")
    shutil.copy(STACK, folder / "stack.yaml")
    (folder / "overlays" / "prod").mkdir(parents=True)
    (folder / "overlays" / "prod" / "stack.yaml").write_text("{}\n")
    for name, seconds in (("before", 1.0), ("after", 2.0)):
        (folder / f"{name}.json").write_text(json.dumps(inference_perf(seconds)))
    return folder, run("build", "-q", "-C", str(folder), "--output-format", "json")


@pytest.fixture
def stack(built: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the stack, in which commands run."""
    monkeypatch.chdir(built[0])
    return built[0]


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(cli, list(arguments))


def test_every_command_is_narrow_or_says_why_not() -> None:
    known = {path for path, _ in all_commands()}
    assert {x.partition(" --")[0] for x in NARROW} | WIDE.keys() == known


@pytest.mark.parametrize("name", sorted(NARROW))
def test_no_line_is_wider_than_80_columns(name: str, stack: Path) -> None:
    """A name or a path without a space, such as one of a source, is not broken."""
    done = run(*name.split(), *NARROW[name])
    assert done.exception is None and done.stdout
    assert [x for x in done.stdout.splitlines() if len(x) > 80 and " " in x.strip("│ ")] == []


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        ("plan", ["plan"]),
        ("rollout", ["rollout"]),
        ("net-prove", ["net", "prove"]),
        ("trace", ["trace", SERVER]),
        ("impact", ["impact", "spec.cluster.nodePools[1].fallback"]),
        ("report", ["lint", DISK]),
    ],
)
def test_json_keeps_to_its_schema(schema: str, arguments: list[str], stack: Path) -> None:
    assert wrong(schema, run(*arguments, "--output-format", "json")) == []


def test_a_quiet_build_prints_its_findings_alone(built: tuple[Path, Result]) -> None:
    folder, done = built
    assert (done.stderr, wrong("report", done)) == ("", [])
    assert {x["severity"] for x in json.loads(done.stdout)["findings"]} == {"warning", "info"}
    assert (folder / SERVER.partition(":")[0]).is_file()


def wrong(schema: str, done: Result) -> list[str]:
    """What of the JSON that a command printed is not of the published schema."""
    validator = jsonschema_rs.Draft202012Validator(json.loads(Path(file_of(schema)).read_text()))
    found = validator.iter_errors(json.loads(done.stdout))
    return [f"{list(e.instance_path)}: {e.message[:200]}" for e in found]


def test_quiet_and_verbose_exclude_each_other(stack: Path) -> None:
    assert str(run("lint", "-q", "-v", DISK).exception) == "-q and -v exclude each other"


def test_a_quiet_report_has_no_summary_but_says_that_nothing_was_checked(stack: Path) -> None:
    (stack / "empty.yaml").write_text("")
    (stack / "good.yaml").write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n")
    for more in (["text"], ["concise"], ["text", "--statistics"]):
        quiet = ["-q", "--select", "tpu", "--output-format", *more]
        assert run("lint", "good.yaml", *quiet).output == ""
        assert run("lint", "empty.yaml", *quiet).output == "nothing was checked: no documents\n"
