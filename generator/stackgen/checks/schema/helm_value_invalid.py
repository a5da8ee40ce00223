"""A value of a HelmRelease or an Application that the chart cannot take."""

from __future__ import annotations

from stackgen.catalog.charts import ChartVersion, meaning
from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.chart_sources import ChartValues
from stackgen.facts.chart_values import broken_values, known_values
from stackgen.facts.shape import at, matches
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.chart_values import mistyped
from stackgen.manifest.document import show_path
from stackgen.manifest.yaml_errors import TEMPLATE


def check(context: Context) -> Violations:
    """One finding for each value, and for each value that the templates reject if it is absent."""
    for given in broken_values(context.bundle):
        severity = Severity.WARNING if given.problem.endswith(TEMPLATE) else None
        said = f"{show_path(given.base)} {given.problem}"
        yield violation(said, given.place(()), severity=severity)
    for given, chart in known_values(context.bundle):
        for one in mistyped(given.values, chart.values, chart.checked):
            if chart.newer:
                continue
            certain = one.rejected and not chart.far
            yield violation(
                f"{show_path(one.path)} {one.said}{chart.remark}",
                given.place(one.path),
                severity=None if certain else Severity.WARNING,
                confidence="medium" if chart.far else None,
            )
        yield from _by_hand(given, chart)


def _by_hand(given: ChartValues, chart: ChartVersion) -> Violations:
    rules = meaning()["rules"].get(chart.chart, {})
    for choice in rules.get("choices", ()):
        for path, value in matches(given.values, tuple(choice["at"])):
            fits = value in choice["values"] or str(value).lower() in choice["values"]
            if chart.newer:
                continue
            if isinstance(value, str) and not fits and "{{" not in value and "$" not in value:
                yield violation(
                    f"{show_path(path)} is {visible(value)}; chart {chart.shown} knows "
                    f"{', '.join(choice['values'])}{chart.remark}",
                    given.place(path),
                    severity=None if choice.get("rejected") and not chart.far else Severity.WARNING,
                    confidence="medium" if chart.far else None,
                )
    for needed in rules.get("required", ()):
        if given.whole and not at(given.values, *needed) and not chart.far:
            known = next(
                n for n in range(len(needed), -1, -1) if at(given.values, *needed[:n]) is not None
            )
            fault = "not set" if known < len(needed) else "empty"
            yield violation(
                f"{show_path(tuple(needed))} is {fault}; chart {chart.shown} needs it"
                f"{chart.remark}",
                given.place(tuple(needed[:known]), key=True),
            )
