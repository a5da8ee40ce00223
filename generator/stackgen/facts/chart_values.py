"""The values of Helm charts that the catalog knows, and which version of the chart judges them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.catalog.charts import ChartVersion, chart_version, meaning
from stackgen.escape import visible
from stackgen.facts.chart_sources import ChartValues, chart_values
from stackgen.facts.shape import as_dict, at, maps
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle
from stackgen.record import record


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
    first = {id(one.by): one for one in reversed(list(chart_values(bundle))) if not one.problem}
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
