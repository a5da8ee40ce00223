"""Addresses of Loki and Tempo that their charts do not make, or not at this port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain
from stackgen.checks.serving.monitoring.collector_pipeline import all_configurations
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.checks.serving.provided import provided
from stackgen.digits import to_int
from stackgen.facts.chart_pools import release_of
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.service_addresses import ServiceAddress, addresses_in, addresses_of
from stackgen.facts.shape import as_dict, at, text, texts
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.shipped import shipped
from stackgen.regex import regex

# Chart, namespace, full name, row and installation.
_Release: TypeAlias = tuple[str, str, str, Mapping[str, Any], Install]
_FULL = "fullnameOverride"
_RENAMES = (_FULL, "nameOverride", "namespaceOverride")
_VERSION = regex(r"v?(\d{1,4})\.(\d{1,4})\.\d{1,4}\Z")


@cache
def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "chart_addresses.yaml")
    return found


def wrong_services(context: Context, links: Chain) -> Violations:
    """One finding for each address, where one release in the namespace has the name."""
    made = list(_made(context))
    names = {one.chart.chart for one in installs(context.bundle)}
    shown = {one.name for one in links.of("Service", "")}
    releases = _releases(context)
    seen = {x.name if x.kind == "Namespace" else x.namespace for x in links.objects}
    seen |= {space for spaces in releases.values() for space in spaces}
    for place, found in _addresses(context) if made or releases else ():
        if found.name in shown:
            continue
        spaces = releases.get(found.name, set()) if found.certain else set()
        nothing = bool(found.namespace) and found.namespace not in seen
        if nothing and len(spaces) == 1 and not provided(context).hides(found.namespace):
            yield violation(
                f"the input has nothing in namespace {found.namespace}; release {found.name} is in "
                f"namespace {min(spaces)}",
                place,
                severity=Severity.WARNING,
                confidence="medium",
            )
            continue
        for chart, space, whole, row, install in made:
            suffix = found.name.removeprefix(whole)
            if found.name == whole or suffix in row["ports"]:
                yield from _other_space(made, chart, space, found, place)
            usual = {release_of(install), chart, f"{release_of(install)}-{chart}"} - {whole}
            if found.namespace == space and row.get("renamed") and found.name in usual:
                yield violation(
                    f"chart {chart} makes no Service {found.name} with these values; its Service "
                    f"is {whole}",
                    place,
                    severity=Severity.WARNING,
                )
            if found.namespace != space or not found.name.startswith(whole):
                continue
            if suffix in row["absent"] and not any(n.startswith(f"{chart}-") for n in names):
                yield violation(
                    f"chart {chart} makes no Service {found.name} with these values",
                    place,
                    severity=Severity.WARNING,
                    confidence="medium",
                )
            moved = _moved(row, install, found) if found.name == whole else 0
            if moved:
                version = install.parts[0].version
                yield violation(
                    f"Service {found.name} of chart {chart} {version} has port {moved}, not "
                    f"{found.port}",
                    place,
                    severity=Severity.WARNING,
                )
            port = as_dict(row["ports"].get(suffix))
            given = port and at(install.values, *port["unless"]) is not None
            if port and found.port != port["port"] and found.port and not given:
                yield violation(
                    f"Service {found.name} of chart {chart} has port {port['port']}, not "
                    f"{found.port}",
                    place,
                    severity=Severity.WARNING,
                )


def _moved(row: Mapping[str, Any], install: Install, found: ServiceAddress) -> int:
    """The port of the version, if the address has that of other versions; else 0."""
    moved = as_dict(row.get("moved"))
    version = _VERSION.match(install.parts[0].version)
    if not moved or version is None or at(install.values, *moved["unless"]) is not None:
        return 0
    numbers = [to_int(version[1]), to_int(version[2])]
    old, new = moved["old"], moved["new"]
    own = old if numbers < moved["before"] else new if numbers >= moved["since"] else 0
    return own if own and found.port in (old, new) and found.port != own else 0


def _other_space(
    made: list[_Release],
    chart: str,
    space: str,
    found: ServiceAddress,
    place: Place,
) -> Violations:
    """The only release of the chart has the Service, in another namespace."""
    spaces = {one[1] for one in made if one[0] == chart}
    if found.namespace and spaces == {space} and found.namespace != space:
        yield violation(
            f"chart {chart} makes Service {found.name} in namespace {space}, and the address is in "
            f"namespace {found.namespace}",
            place,
            severity=Severity.WARNING,
            confidence="medium",
        )


def _releases(context: Context) -> dict[str, set[str]]:
    """The namespaces of the releases that are called as their chart, by this name: so is the
    Service, as a rule.
    """
    found: dict[str, set[str]] = {}
    for one in installs(context.bundle):
        if release_of(one) == one.chart.chart and one.namespace and not _renamed(one):
            found.setdefault(one.chart.chart, set()).add(one.namespace)
    return found


def _made(context: Context) -> Iterator[_Release]:
    """Chart, namespace, full name, row and values of each release that is known."""
    for one in installs(context.bundle):
        release, chart = release_of(one), one.chart.chart
        named = one.values.get(_FULL) and not {*_RENAMES[1:]} & one.values.keys()
        if not (release and one.namespace and one.complete) or (_renamed(one) and not named):
            continue
        for row in _table()["charts"]:
            when = as_dict(row.get("when"))
            if "unless" in row and at(one.values, *row["unless"]) is not None:
                continue
            if row["chart"] == chart and (
                not when or at(one.values, *when["path"]) == when["value"]
            ):
                whole = release if chart in release else f"{release}-{chart}"
                whole = text(one.values.get(_FULL)) or whole
                yield chart, one.namespace, whole, row, one


def _renamed(one: Install) -> bool:
    return not one.values.keys().isdisjoint(_RENAMES)


def _addresses(context: Context) -> Iterator[tuple[Place, ServiceAddress]]:
    """Those of exporters of collectors, of values of charts, such as data sources, and of Pods."""
    for pod in pod_specs(context):
        for found in addresses_of(pod.spec):
            yield pod.place(*found.path), found
    for resource, path, config, inside in all_configurations(context):
        for where, written in texts(config.get("exporters"), ("exporters",)):
            for found in addresses_in(written, where):
                yield Place(resource, path if inside else (*path, *where)), found
    for values in chart_values(context.bundle):
        for where, written in texts(values.values):
            for found in addresses_in(written, where) if "." in written else ():
                yield values.place(where), found
