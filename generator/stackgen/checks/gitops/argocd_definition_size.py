"""A chart whose definitions are too large for client-side apply, which Argo CD uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.chart_sources import ChartValues, chart_values
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.regex import regex

GROUP = "argoproj.io"
_APPLICATIONS = (("Application", ("spec",)), ("ApplicationSet", ("spec", "template", "spec")))
# Values by which charts leave their definitions out, in a map or in text.
_LEFT_OUT = regex(r"(?:install|create|enabled?)\w*\W{0,3}false", re.IGNORECASE)
_SWITCH = regex(r"install|enabled?\Z|\Acreate\Z", re.IGNORECASE)
_OPTIONS = ("ServerSideApply=true", "Replace=true")


@cache
def _charts() -> dict[str, str]:
    found: dict[str, str] = shipped(__file__, "large_definitions.yaml")["charts"]
    return found


def check(context: Context) -> Violations:
    """One finding for each source of an Application or a template of it."""
    for kind, base in _APPLICATIONS:
        for resource in context.bundle.of_kind(kind, GROUP):
            spec = resource.get(*base)
            options = as_list(at(spec, "syncPolicy", "syncOptions"))
            if any(option in _OPTIONS for option in options):
                continue
            for path, source in _sources(spec):
                chart = text(source.get("chart")).rpartition("/")[2]
                if chart not in _charts() or _without(source) or _smaller(chart, source):
                    continue
                if not _in_files(context, resource, chart, source):
                    yield violation(
                        f"{resource.kind} {resource.name} applies {_charts()[chart]} of chart "
                        f"{chart} without ServerSideApply=true",
                        Place(resource, (*base, *path, "chart")),
                        Place(resource, (*base, "syncPolicy"), key=True),
                    )


def _sources(spec: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    single = as_dict(at(spec, "source"))
    if single:
        yield ("source",), single
    for i, one in maps(at(spec, "sources")):
        yield ("sources", i), one


def _smaller(chart: str, source: dict[str, Any]) -> bool:
    """Whether the version of the chart is from before its definitions became large."""
    since = as_dict(shipped(__file__, "large_definitions.yaml")["since"].get(chart)).get("version")
    version = re.match(r"v?(\d+)\.(\d+)", text(source.get("targetRevision")))
    if since is None or version is None:
        return False
    first = re.match(r"(\d+)\.(\d+)", str(since))
    return first is not None and tuple(map(int, version.groups())) < tuple(map(int, first.groups()))


def _in_files(context: Context, one: Resource, chart: str, source: dict[str, Any]) -> bool:
    """Whether files of values leave the definitions out, or are not all in the input."""
    named = {text(file) for file in as_list(at(source, "helm", "valueFiles"))}
    given = [v for v in context.once(_given).get(id(one), ()) if v.chart == chart]
    found = {values.holder.file: values.values for values in given if values.holder is not one}
    return len(found) < len(named) or any(_left_out(values) for values in found.values())


def _given(context: Context) -> dict[int, list[ChartValues]]:
    """The values of charts, by the object that names the chart."""
    found: dict[int, list[ChartValues]] = {}
    for one in chart_values(context.bundle):
        found.setdefault(id(one.by), []).append(one)
    return found


def _left_out(values: Any) -> bool:
    """Whether a field named after definitions, or a switch in it, is off."""
    for key, value in values.items() if isinstance(values, dict) else ():
        if "crd" in str(key).lower():
            switches = value.items() if isinstance(value, dict) else [("enabled", value)]
            if any(v is False and _SWITCH.search(str(k)) for k, v in switches):
                return True
        elif _left_out(value):
            return True
    return False


def _without(source: dict[str, Any]) -> bool:
    """Whether the chart is told to leave its definitions out."""
    helm = as_dict(source.get("helm"))
    if helm.get("skipCrds") is True:
        return True
    given = " ".join(
        str(part) for part in (helm.get("values"), helm.get("valuesObject"), helm.get("parameters"))
    )
    return "crd" in given.lower() and _LEFT_OUT.search(given) is not None
