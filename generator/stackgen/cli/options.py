"""The options that every command with findings shares."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from stackgen import progress
from stackgen.checks.shard import Shard
from stackgen.cli.option import one_of, option, repeated
from stackgen.errors import UsageError
from stackgen.findings.model import Rule
from stackgen.record import record
from stackgen.report import formats

if TYPE_CHECKING:
    from stackgen.findings.config import SeverityProfile
    from stackgen.findings.pipeline import Options


MOST = 10_000


def _shard(_: click.Context, __: click.Parameter, value: str) -> Shard:
    found = re.fullmatch(r"([1-9][0-9]{0,4})/([1-9][0-9]{0,4})", value, re.ASCII)
    index, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= index <= count <= MOST:
        raise click.BadParameter(
            f"{value!r} is not I/N with I from 1 to N, and N at most {MOST}, such as 2/4"
        )
    return Shard(index, count)


SHARD = option(
    "--shard I/N",
    "Do part I of N of the work, such as 2/4. `stackgen merge` merges the reports.",
    default="1/1",
    callback=_shard,
)

JOBS = option(
    "--jobs N",
    "Number of processes.  [default: 1; more in a build of 16 environments or more]",
    default=None,
    type=click.IntRange(1, 64),
    callback=lambda _, __, value: value or 0,
)


FORMATS = formats("findings")
F = TypeVar("F", bound=Callable[..., Any])


kustomize_option = repeated(
    "--kustomize DIR", "Folder to render with kustomize or kubectl. Repeatable."
)


@record
class ReportOptions:
    """The options as given. outputs: pairs of a format and a file."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = ""
    output_format: str = "text"
    outputs: tuple[tuple[str, str], ...] = ()
    baseline: str = ""
    write_baseline: str = ""
    color: str = "auto"
    severities: str = ""
    statistics: bool = False


def report_options(function: F) -> F:
    """Adds the options to a command, which gets them as one argument `report`."""

    @functools.wraps(function)
    def command(**given: Any) -> Any:
        report = ReportOptions(**{name: given.pop(name) or _EMPTY[name] for name in _EMPTY})
        return function(report=report, **given)

    for add in reversed(_OPTIONS):
        command = add(command)
    return command  # type: ignore[return-value]


def run_options(function: F) -> F:
    """Adds --quiet, --verbose, --cache and --no-cache; `stackgen.start` has read the last two."""
    for add in reversed(_RUN):
        function = add(function)
    return function


def _amount(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """-q or -v. Raises UsageError for both."""
    from stackgen.cli.output import AMOUNT

    if not value:
        return
    if context.meta.setdefault(AMOUNT, parameter.name) != parameter.name:
        raise UsageError("-q and -v exclude each other")
    if parameter.name == "quiet":
        progress.silence()


def resolve(
    report: ReportOptions,
    rules: Mapping[str, Rule],
    folder: str = "",
    usual: SeverityProfile = "production",
    base: str = "",
) -> Options:
    """The `pipeline.Options` of a run, from the command line and the config file for `folder`.

    `--select`, `--fail-on` and `--profile` replace what the config says, `--ignore` adds to it.
    usual: the severity profile when none is named. base: the folder that the names of findings are
    relative to. Raises UsageError for unknown selectors and unusable files.
    """
    from stackgen.cli.output import details
    from stackgen.findings import baseline, config
    from stackgen.findings.pipeline import Options
    from stackgen.findings.select import selection, severity

    settled = config.load(folder, rules, base)
    details((f"settings: {settled.file or 'no ' + config.FILE}",))
    chosen = selection(rules, report.select or settled.select, (*report.ignore, *settled.ignore))
    wanted = sum(chosen.wants(rule) for rule in rules.values())
    details((f"{wanted} of {len(rules)} rules selected",))
    return Options(
        chosen,
        severity(report.fail_on or settled.fail_on or "error"),
        baseline.load(report.baseline) if report.baseline else None,
        settled.suppressions,
        settled.profile,
        cast("SeverityProfile", report.severities) or settled.severities or usual,
        excluded=settled.excluded,
    )


def _outputs(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    pairs = []
    for value in values:
        name, equals, file = value.partition("=")
        if name not in FORMATS or not equals or not file:
            raise click.BadParameter(
                f"{value!r} is not FORMAT=FILE with a format out of {', '.join(FORMATS)}"
            )
        pairs.append((name, file))
    return tuple(pairs)


_RUN = (
    option(
        "-q --quiet",
        "Print findings and errors only: no progress, counts or notes.",
        expose_value=False,
        callback=_amount,
    ),
    option(
        "-v --verbose",
        "Show on standard error which files were read, with which settings.",
        expose_value=False,
        callback=_amount,
    ),
    option("--no-cache", "Neither use nor keep results.", expose_value=False),
    option(
        "--cache DIR",
        "Keep results in this folder.  [default: stackgen in XDG_CACHE_HOME or ~/.cache]",
        default=None,
        expose_value=False,
    ),
)  # fmt: skip
_OPTIONS = (
    repeated("--select RULES", "Only these rules: families, ids or globs, separated by commas."),
    repeated("--ignore RULES", "Not these rules. Has precedence over --select."),
    click.option(
        "--fail-on", type=click.Choice(["error", "warning", "info"]), default=None,
        help="The lowest severity with exit code 1.  [default: error]",
    ),
    click.option(
        "--profile", "severities", type=click.Choice(["default", "strict", "production"]),
        default=None,
        help="Severity profile of policies.  [default: production for build, default for lint]",
    ),
    one_of("--output-format", FORMATS, "Format of the report on standard output."),
    repeated(
        "--output FORMAT=FILE",
        "Also write a report to a file, such as sarif=report.sarif. Repeatable.",
        "outputs",
        callback=_outputs,
    ),
    option("--baseline FILE", "Report only findings that are not in this baseline.", default=None),
    option(
        "--write-baseline FILE",
        "Write the current findings as a baseline, and exit with 0.",
        default=None,
    ),
    option("--statistics", "Show only the number of findings of each rule."),
    one_of(
        "--color",
        ("auto", "always", "never"),
        "Color the report; auto follows NO_COLOR and FORCE_COLOR.",
    ),
)  # fmt: skip
_EMPTY: dict[str, Any] = {f.name: f.default for f in dataclasses.fields(ReportOptions)}
