"""The options of reports, together with the config file."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from stackgen.cli.options import ReportOptions, report_options, resolve
from stackgen.errors import UsageError
from stackgen.findings.model import Severity
from tests.findings.given import RULES


@click.command()
@click.argument("name")
@report_options
def command(name: str, report: ReportOptions) -> None:
    """A command with findings."""
    click.echo(f"{name} {report}")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["x", *arguments])


def test_defaults() -> None:
    assert run().output == f"x {ReportOptions()}\n"


def test_everything_given() -> None:
    result = run(
        "--select", "tpu", "--select", "spec,policy", "--ignore", "x", "--fail-on", "warning",
        "--output-format", "json", "--output", "sarif=a=b.sarif", "--output", "junit=j.xml",
        "--baseline", "b.json", "--write-baseline", "c.json", "--color", "never",
        "--statistics",
    )  # fmt: skip
    expected = ReportOptions(
        ("tpu", "spec,policy"), ("x",), "warning", "json",
        (("sarif", "a=b.sarif"), ("junit", "j.xml")), "b.json", "c.json", "never",
        statistics=True,
    )  # fmt: skip
    assert result.output == f"x {expected}\n"


@pytest.mark.parametrize("value", ["sarif", "sarif=", "xml=a", "=a"])
def test_output_must_name_format_and_file(value: str) -> None:
    result = run("--output", value)
    assert result.exit_code == 2
    assert "FORMAT=FILE" in result.output


@pytest.mark.parametrize("arguments", [["--fail-on", "never"], ["--output-format", "xml"]])
def test_unknown_choices_are_usage_errors(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_config_file_and_command_line_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".stackgen.yaml").write_text(
        "select: [tpu, serving]\nignore: [tpu-whole-host]\nfail-on: warning\n"
        "paths:\n  - {path: vendor, ignore: all, reason: not ours}\n",
        encoding="utf-8",
    )
    settled = resolve(ReportOptions(), RULES)
    assert settled.selection.select == ("tpu", "serving")
    assert settled.selection.ignore == ("tpu-whole-host",)
    assert settled.fail_on is Severity.WARNING
    assert [s.path for s in settled.ignored_paths] == ["vendor"]
    given = ReportOptions(select=("policy",), ignore=("serving",), fail_on="info")
    both = resolve(given, RULES)
    assert both.selection.select == ("policy",)
    assert both.selection.ignore == ("serving", "tpu-whole-host")
    assert both.fail_on is Severity.INFO


def test_without_config_errors_count() -> None:
    settled = resolve(ReportOptions(), RULES, "/nowhere")
    assert (settled.fail_on, settled.baseline) == (Severity.ERROR, None)


def test_missing_baseline_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"^baseline nowhere\.json: "):
        resolve(ReportOptions(baseline="nowhere.json"), RULES, "/nowhere")
