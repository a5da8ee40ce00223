"""A value of a HelmRelease or an Application that the chart does not read."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.chart_values import known_values
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.chart_values import unread
from stackgen.manifest.document import show_path

_REJECTED = (
    "Helm fails at the schema of the chart: the HelmRelease has the condition Ready: False, the "
    "Application a ComparisonError."
)


def check(context: Context) -> Violations:
    """One finding for each value; in an unknown version, only for what looks misspelled."""
    for given, chart in known_values(context.bundle):
        found = list(unread(given.values, chart.values, chart.words))
        if 1 < len(given.values) == sum(len(one.path) == 1 for one in found):
            continue  # values of another chart of this name
        for one in found:
            if chart.newer or (chart.far and not one.hint):
                continue
            certain = one.rejected and not chart.far
            verb = "rejects" if one.rejected else "does not read"
            yield violation(
                f"chart {chart.shown} {verb} {show_path(one.path)}{one.hint}{chart.remark}",
                given.place(one.path, key=True),
                severity=Severity.ERROR if certain else None,
                confidence="medium" if chart.far else None,
                impact=_REJECTED if one.rejected else "",
            )
