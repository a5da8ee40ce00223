"""`stackgen merge`: the reports of shards as the report of one run."""

from __future__ import annotations

import importlib
import os
from typing import Any

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of
from stackgen.cli.output import say
from stackgen.errors import UsageError
from stackgen.findings.model import Severity

FORMATS = ("json", "sarif", "junit")


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=complete.paths)
@one_of(
    "--fail-on",
    ("error", "warning", "info"),
    "The lowest severity with exit code 1. JUnit reports fail if a shard failed.",
)
def merge(files: tuple[str, ...], fail_on: str) -> int:
    """Merge the reports of the shards of a run, all in JSON, SARIF or JUnit.

    If several shards report the same finding at one location, it is one finding. Name the reports
    in the order of the shards. The merged report is then that of a run without shards, except for
    unused suppressions, which only a run without shards reports.

    \b
    stackgen build --check --shard 1/2 --output json=1.json
    stackgen build --check --shard 2/2 --output json=2.json
    stackgen merge 1.json 2.json
    """
    names = [os.path.realpath(file) for file in files]
    twice = [file for file, name in zip(files, names, strict=True) if names.count(name) > 1]
    if twice:
        raise UsageError(f"{twice[0]}: is named twice")
    read = [_read(file) for file in files]
    forms = {form for form, _ in read}
    if len(forms) > 1:
        raise UsageError(f"the reports have several formats: {', '.join(sorted(forms))}")
    (form,) = forms
    reports = [report for _, report in read]
    module = importlib.import_module(f"stackgen.report.merged_{form}")
    try:
        text, failed = module.merge(reports, Severity[fail_on.upper()])
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        raise UsageError(
            f"the files are no {form} reports of one version of stackgen: {error}"
        ) from None
    say(text)
    return 1 if failed else 0


def _read(file: str) -> tuple[str, Any]:
    """The format of a report and the report. Raises UsageError."""
    from stackgen.manifest import json_in
    from stackgen.reading import MAX_MANIFESTS, read_text

    text = read_text(file, limit=MAX_MANIFESTS)
    if text.lstrip().startswith("<"):
        from stackgen.report import merged_junit

        try:
            return "junit", merged_junit.parsed(text)
        except ValueError as error:
            raise UsageError(f"{file}: is not a JUnit report: {error}") from None
    data = json_in.load(text, file)
    if isinstance(data, dict) and "runs" in data:
        return "sarif", data
    if isinstance(data, dict) and "findings" in data:
        return "json", data
    raise UsageError(f"{file}: is not a report in JSON, SARIF or JUnit")
