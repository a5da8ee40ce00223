"""Values of one chart that do not work together, or where it is installed, by a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.field_combination import Row, holds
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.shipped import shipped


def check(context: Context) -> Violations:
    """One finding for each row and chart."""
    found = [one for one in installs(context.bundle) if one.chart.chart in _rows()]
    if not found:
        return
    clouds = list(_clouds(context))
    input_ = {
        "charts": sorted({one.chart.chart for one in installs(context.bundle)}),
        "groups": sorted(_groups(context)),
        "kinds": sorted({one.kind for one in context.bundle.objects}),
        "quotas": sorted({quota.namespace for quota in context.bundle.of_kind("ResourceQuota")}),
    }
    for one in found:
        data = {
            **input_,
            "clouds": _clouds_of(one, clouds),
            "values": one.values,
            "version": one.chart.given,
            "namespace": one.namespace,
            "quota": one.namespace in input_["quotas"],
            "written": _written(one),
        }
        for row in _rows()[one.chart.chart]:
            if row.get("whole") and not one.complete:
                continue
            by = one.parts[0].by
            if all(holds(context, condition, by, data) for condition in row["when"]):
                yield violation(
                    row["message"],
                    one.place(*row.get("mark", ())),
                    severity=Severity[row.get("severity", "warning").upper()],
                    impact=row["impact"],
                    remedy=row["remedy"],
                )


def _clouds(context: Context) -> Iterator[str]:
    """The clouds that the input is for, as far as it names something of them."""
    every = [*context.bundle.resources, *context.bundle.outside, *context.bundle.settings]
    # Definitions and schemas give examples of many clouds.
    objects = [
        one
        for one in every
        if one.kind != "CustomResourceDefinition" and "schemas/" not in one.file
    ]
    for name, marks in _table()["clouds"].items():
        if any(mark in repr(one.data) for one in objects for mark in marks):
            yield name
    if any(
        cluster.get("spec", "enableAutopilot") is True
        for cluster in objects
        if cluster.kind == "ContainerCluster"
    ):
        yield "autopilot"


def _clouds_of(install: Install, clouds: list[str]) -> list[str]:
    """The clouds without those that the path of the chart speaks against: it names another one."""
    files = " ".join(one.holder.file for one in install.parts)
    words = set(re.split(r"[\W_]+", files.lower()))
    others = {name for names in _table()["names"].values() for name in names}
    named = words & others
    return [one for one in clouds if not named or named & set(_table()["names"].get(one, ()))]


def _groups(context: Context) -> set[str]:
    """The API groups whose definitions the input has."""
    definitions = context.bundle.of_kind("CustomResourceDefinition")
    return {text(one.get("spec", "group")) for one in definitions}


def _written(one: Install) -> str:
    """What stands where the chart is named: a script may apply definitions beside it."""
    document = one.parts[0].by.document
    return document.source.text if document is not None and one.parts[0].by.kind else ""


@cache
def _rows() -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for _, row in maps(_table()["rows"]):
        for chart in row["charts"]:
            rows.setdefault(chart, []).append(row)
    return rows


@cache
def _table() -> Any:
    return shipped(__file__, "chart_values_conflict.yaml")
