"""A rule whose query looks back further than its Prometheus keeps data."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.prometheus_addresses import STACK
from stackgen.escape import visible
from stackgen.facts.aggregations import plain_query
from stackgen.facts.chart_values import installs
from stackgen.facts.queries import all_queries
from stackgen.facts.shape import as_dict, at, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.record import record
from stackgen.regex import regex

_GROUP = "monitoring.coreos.com"
_RANGE = regex(r"\[\s*([0-9smhdwy]{1,20})\s*(?::[^\[\]]*)?\]|\boffset\s+([0-9smhdwy]{1,20})")
_PARTS = regex(r"(\d{1,9})(ms|[smhdwy])")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_SPEC: Path = ("prometheus", "prometheusSpec")


@record
class _Kept:
    """What a Prometheus keeps: the text, and its place."""

    given: str
    place: Place


def check(context: Context) -> Violations:
    """One finding for each object, where the only Prometheus of the input evaluates its rules."""
    kept = context.once(_kept)
    most = _length(kept.given) if kept else 0
    if kept is None or not most:
        return
    found: dict[int, list[tuple[Place, str]]] = {}
    for query in all_queries(context.bundle):
        given = query.resource.get(*query.path)
        if query.resource.kind != "PrometheusRule" or not isinstance(given, str):
            continue
        ranges = [one for pair in _RANGE.findall(plain_query(given)) for one in pair if one]
        longest = max(ranges, key=_length, default="")
        if _length(longest) > most:
            place = Place(query.resource, query.path)
            found.setdefault(id(query.resource), []).append((place, longest))
    for places in found.values():
        more = f", and {len(places) - 1} more of the object do" if len(places) > 1 else ""
        yield violation(
            f"the query reads {visible(places[0][1])} back{more}; Prometheus keeps "
            f"{visible(kept.given)}",
            places[0][0],
            kept.place,
        )


def _kept(context: Context) -> _Kept | None:
    """The retention of the only Prometheus; None if it is not given, or another store is read."""
    found: list[_Kept | None] = []
    for server in context.bundle.of_kind("Prometheus", _GROUP):
        found.append(_of(as_dict(server.get("spec")), Place(server, ("spec", "retention"))))
    for one in installs(context.bundle):
        if one.chart.chart == STACK:
            spec = as_dict(at(one.values, *_SPEC))
            found.append(_of(spec, one.place(*_SPEC, "retention")) if one.complete else None)
        elif one.chart.chart == "prometheus":
            found.append(None)
    rulers = any(True for _ in context.bundle.of_kind("ThanosRuler", _GROUP))
    return found[0] if len(found) == 1 and not rulers else None


def _of(spec: dict[str, object], place: Place) -> _Kept | None:
    given = text(spec.get("retention"))
    other = spec.get("remoteRead") or spec.get("thanos") or spec.get("additionalConfig")
    return _Kept(given, place) if given and not other else None


def _length(given: str) -> float:
    """Seconds of a duration of Prometheus; 0 if it is none."""
    parts = _PARTS.findall(given)
    whole = "".join(number + unit for number, unit in parts) == given
    return sum(int(number) * _SECONDS[unit] for number, unit in parts) if whole else 0
