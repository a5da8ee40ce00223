"""A query of a dashboard with a variable that the dashboard does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.dashboard_datasource import dashboards
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_USED = regex(r"\$(?:\{([A-Za-z_]\w*)(?::[^}]*)?\}|([A-Za-z_]\w*))|\[\[([A-Za-z_]\w*)(?::\w+)?\]\]")
# Those of Grafana itself, beside those that begin with two underscores.
_OWN = ("timeFilter", "interval", "interval_ms", "timezone", "datasource_uid")


def check(context: Context) -> Violations:
    """One finding for each dashboard and variable of its queries for Prometheus."""
    filled = [
        as_dict(one.get("spec", "postBuild"))
        for one in context.bundle.of_kind("Kustomization", "kustomize.toolkit.fluxcd.io")
    ]
    if any(one.get("substituteFrom") for one in filled):
        return  # Flux fills in names that are not known
    given = {name for one in filled for name in as_dict(one.get("substitute"))}
    for resource, path, board in dashboards((*context.bundle.objects, *context.bundle.dashboards)):
        known = {text(one.get("name")) for _, one in maps(at(board, "templating", "list"))}
        known |= {text(one.get("name")) for _, one in maps(board.get("__inputs"))} | given
        used = {name: None for query in _queries(board.get("panels")) for name in _names(query)}
        for name in used:
            if name not in known and name not in _OWN and not name.startswith("__"):
                hint = did_you_mean(name, sorted(known)) or (
                    f"; it has {', '.join(sorted(known))}" if known else ""
                )
                yield violation(
                    f"a query reads ${visible(name)}, and the dashboard has no such variable{hint}",
                    Place(resource, path),
                )


def _names(query: str) -> Iterator[str]:
    for found in _USED.finditer(query):
        yield next(name for name in found.groups() if name)


def _queries(panels: Any) -> Iterator[str]:
    left: list[Any] = [panels]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            if isinstance(part.get("expr"), str) and part.get("refId"):
                yield part["expr"]
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)
