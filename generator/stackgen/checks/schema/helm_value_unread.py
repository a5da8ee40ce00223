"""A value of a HelmRelease or an Application that the chart does not read."""

from __future__ import annotations

from stackgen.catalog.charts import chart_version
from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.chart_values import known_values
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.chart_values import unread
from stackgen.manifest.document import show_path
from stackgen.regex import regex

_REJECTED = (
    "Helm fails at the schema of the chart: the HelmRelease has the condition Ready: False, the "
    "Application a ComparisonError."
)


# A value in the form of --set. Files such as grafana.ini have names with a dot, too.
_DOTTED = regex(r"[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)+")
_FILES = regex(
    r"\.(?:ini|conf|cfg|ya?ml|json|toml|properties|xml|env|sh|py|rb|txt|hcl|crt|key|pem)$"
)


def check(context: Context) -> Violations:
    """One finding for each value; in an unknown version, only for what looks misspelled."""
    yield from _dotted(context)
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


def _dotted(context: Context) -> Violations:
    """Keys that are paths. One of them may be the name of a file."""
    for given in chart_values(context.bundle):
        found = [
            key
            for key, value in given.values.items()
            if isinstance(value, (str, int, float))
            and "\n" not in str(value)
            and _DOTTED.fullmatch(str(key))
            and not _FILES.search(str(key))
        ]
        known = chart_version(given.chart, given.version, given.repository) if found else None
        if len(found) > 1 and known is None:
            first, *others = str(found[0]).split(".")
            yield violation(
                f"Helm takes {visible(str(found[0]))} for the name of one value; --set alone takes "
                "it for a path",
                given.place((found[0],), key=True),
                remedy=f"Write {others[-1]} below {'.'.join((first, *others[:-1]))}.",
            )
