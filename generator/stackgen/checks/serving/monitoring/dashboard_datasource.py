"""A dashboard that reads a data source which Grafana does not have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.grafanas import grafanas
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.regex import regex
from stackgen.wording import or_list

_LARGE = 2_000_000  # characters
_BUILT_IN = (
    "grafana",
    "-- Grafana --",
    "-- Mixed --",
    "-- Dashboard --",
    "-100",
    "default",
    "__expr__",
)
_INPUT = regex(r"\$\{(DS_\w+)\}\Z")


def check(context: Context) -> Violations:
    """One finding for each dashboard and data source."""
    found = [*dashboards((*context.bundle.objects, *context.bundle.dashboards))]
    known = _known(context) if found else None
    uids = {_uid(name) for name in known or ()}
    filled = {
        text(one.get("inputName"))
        for dashboard in context.bundle.of_kind("GrafanaDashboard")
        for _, one in maps(dashboard.get("spec", "datasources"))
    }
    for resource, path, board in found:
        inputs = {text(one.get("name")) for _, one in maps(board.get("__inputs"))} - filled
        own = {text(one.get("name")) for _, one in maps(at(board, "templating", "list"))}
        for name in sorted(_read(board)):
            asked = _INPUT.match(name)
            if asked is not None and asked[1] in inputs - own and resource.kind == "ConfigMap":
                yield violation(
                    f"the dashboard reads the data source {name}, a variable of an export: "
                    "Grafana does not fill it in when a file provides the dashboard",
                    Place(resource, path),
                )
            elif known and plain(name) and name not in (known | uids) and name not in _BUILT_IN:
                yield violation(
                    f"Grafana has no data source with the uid {visible(name)}; there is "
                    f"{or_list(sorted(known))}",
                    Place(resource, path),
                )


def _uid(name: str) -> str:
    """The uid that Grafana gives a data source of a file that names none."""
    return f"P{hashlib.sha256(name.encode()).hexdigest()[:16].upper()}"


def dashboards(objects: Iterable[Resource]) -> Iterator[tuple[Resource, Path, dict[str, Any]]]:
    """The dashboards of ConfigMaps and of the operator of Grafana, each with its place."""
    for resource in objects:
        if resource.kind == "GrafanaDashboard":
            yield from _parsed(resource, ("spec", "json"), resource.get("spec", "json"))
        elif resource.kind == "ConfigMap" and not resource.group:
            for key, value in as_dict(resource.data.get("data")).items():
                if str(key).endswith(".json"):
                    yield from _parsed(resource, ("data", key), value)


def _parsed(
    resource: Resource, path: Path, content: Any
) -> Iterator[tuple[Resource, Path, dict[str, Any]]]:
    if not isinstance(content, str) or '"panels"' not in content or len(content) > _LARGE:
        return
    try:
        board = json.loads(content)
    except (ValueError, RecursionError):
        return
    if isinstance(board, dict) and isinstance(board.get("panels"), list):
        yield resource, path, board


def _read(board: dict[str, Any]) -> set[str]:
    """The uids of the data sources, or what stands for them."""
    found: set[str] = set()
    left: list[Any] = [board.get("panels"), board.get("templating")]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            given = part.get("datasource")
            found.add(text(at(given, "uid")) if isinstance(given, dict) else text(given))
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)
    return found - {""}


def _known(context: Context) -> set[str] | None:
    """The uids and names of all data sources; None if one may be unknown."""
    servers = grafanas(context)
    hidden = any(True for _ in context.bundle.of_kind("GrafanaDatasource"))
    if not servers or hidden or not all(one.complete for one in servers):
        return None
    found: set[str] = set()
    for one in servers:
        values = one.values
        if one.stack:
            sidecar = as_dict(at(values, "sidecar", "datasources"))
            if sidecar.get("defaultDatasourceEnabled") is not False:
                found |= {text(sidecar.get("uid")) or "prometheus", "Prometheus"}
                found |= {"alertmanager", "Alertmanager"}
            found |= _named(values.get("additionalDataSources"))
        for content in as_dict(values.get("datasources")).values():
            found |= _named(as_dict(content).get("datasources"))
    for config in context.bundle.of_kind("ConfigMap", ""):
        for key, value in as_dict(config.get("data")).items():
            if isinstance(value, str) and "datasources:" in value and len(value) < _LARGE:
                for document in parse(value, key, learning=False):
                    found |= _named(as_dict(document.data).get("datasources"))
    return found if all(map(plain, found)) else None


def _named(sources: Any) -> set[str]:
    names = {text(one.get(key)) for _, one in maps(sources) for key in ("uid", "name")}
    return names - {""}
