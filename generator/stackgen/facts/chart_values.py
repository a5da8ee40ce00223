"""The values of Helm charts that the catalog knows, and which version of the chart judges them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stackgen.catalog.charts import ChartVersion, chart_version, meaning
from stackgen.digits import to_int
from stackgen.escape import visible
from stackgen.facts.chart_sources import ChartValues, chart_values
from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.findings.model import Place
from stackgen.manifest.chart_values import merge
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle
from stackgen.record import record


@record
class Install:
    """A chart that is installed, with all values that the input gives it, merged.

    complete: no other values are given. namespace: "" where it is not known.
    """

    parts: tuple[ChartValues, ...]
    chart: ChartVersion
    values: dict[str, Any]
    complete: bool
    namespace: str

    def place(self, *path: str | int) -> Place:
        """The place of a value, of what is nearest to it, or of what names the chart."""
        for one in reversed(self.parts):
            if at(one.values, *path) is not None:
                return one.place(path)
        one = self.parts[-1]
        return Place(one.holder, one.base) if one.values or one.base else Place(one.by, ())


@record
class ServerValues:
    """Values that become a Pod with a model server. path: in the values. spec: its containers, with
    the command that the chart gives them."""

    given: ChartValues
    path: Path
    spec: dict[str, Any]
    model: Path

    @property
    def where(self) -> Path:
        """Its path in the object that holds the values."""
        return (*self.given.base, *self.path)


def known_values(bundle: Bundle) -> list[tuple[ChartValues, ChartVersion]]:
    """The values of the bundle whose chart is known, found once."""
    return bundle.once(_known_values)


def installs(bundle: Bundle) -> list[Install]:
    """The charts that are installed and known, found once."""
    return bundle.once(_installs)


def _installs(bundle: Bundle) -> list[Install]:
    groups: dict[tuple[int, str], list[tuple[ChartValues, ChartVersion]]] = {}
    for values, chart in known_values(bundle):
        groups.setdefault((id(values.by), values.chart), []).append((values, chart))
    found = []
    for parts in groups.values():
        by = parts[0][0].by
        merged: dict[str, Any] = {}
        for one, _ in parts:
            merge(merged, one.values)
        listed = as_list(by.get("spec", "files"))
        files = sum(not one.base and one.holder is not by for one, _ in parts)
        alone = by.kind == "HelmInstall" and not by.get("spec", "partly") and files == len(listed)
        complete = alone or all(one.whole for one, _ in parts)
        space = text(by.get("spec", "destination", "namespace"))
        space = space or text(by.get("spec", "targetNamespace")) or by.namespace
        ordered = tuple(one for one, _ in parts)
        found.append(Install(ordered, parts[0][1], merged, complete, space))
    return found


def served(bundle: Bundle) -> Iterator[str]:
    """The versions of APIs that charts of the input serve because they are old."""
    for one in chart_values(bundle):
        numbers = [to_int(n) for n in re.findall(r"\d+", one.version)]
        for row in meaning()["serves"].get(one.chart, ()) if len(numbers) > 1 else ():
            if numbers[:2] < row["before"]:
                yield row["api"]


def broken_values(bundle: Bundle) -> list[ChartValues]:
    """The values of the bundle that cannot be read, of any chart; each once."""
    found = [one for one in chart_values(bundle) if one.problem]
    return list({(id(one.holder), one.base): one for one in found}.values())


def _known_values(bundle: Bundle) -> list[tuple[ChartValues, ChartVersion]]:
    found = []
    for values in chart_values(bundle):
        chart = chart_version(values.chart, values.version, values.repository)
        if chart is not None:
            found.append((values, chart))
    return found


def judging(bundle: Bundle) -> Iterator[str]:
    """Which version of its chart judges each set of values, or that none does; each object once."""
    named = [one for one in chart_values(bundle) if one.chart and not one.problem]
    first = {id(one.by): one for one in reversed(named)}
    for values in reversed(first.values()):
        chart = chart_version(values.chart, values.version, values.repository)
        by = f"{values.by.kind} {values.by.name}" if values.by.kind else values.by.file
        name = f"{visible(by)}, chart {visible(values.chart)}"
        if chart is None:
            yield f"values of {name} are not judged: the chart is not known"
        else:
            yield f"values of {name} {visible(chart.given)}: judged by {chart.version}"


def server_values(bundle: Bundle) -> Iterator[ServerValues]:
    """The model servers of all values."""
    for given, chart in known_values(bundle):
        rules = meaning()["rules"].get(chart.chart, {})
        for path in map(tuple, rules.get("servers", ())):
            server = as_dict(at(given.values, *path))
            if server.get("create", True) is not False and server.get("containers"):
                containers = [_started(one, rules) for _, one in maps(server["containers"])]
                spec = {**server, "containers": containers}
                yield ServerValues(given, path, spec, (*given.base, *rules["model"]))


def _started(container: dict[str, Any], rules: Any) -> dict[str, Any]:
    started = all(container.get(key) == value for key, value in rules["command"].items())
    return {**container, "command": ["vllm", "serve"]} if started else container
