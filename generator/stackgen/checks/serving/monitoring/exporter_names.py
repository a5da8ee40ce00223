"""Names of metrics that exporters beside the model servers write."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from stackgen.escape import visible
from stackgen.manifest.shipped import shipped
from stackgen.regex import regex
from stackgen.spelling import close

_BEGIN = ("kube_", "DCGM_")
_MATCHERS = regex(r"(?<![a-zA-Z_:])(kube_[a-z_]++)\s*+\{([^{}]*)\}")
_MATCHER = regex(r'(\w++)\s*+(=~|=)\s*+"([^"\\$]*)"')
_PATTERN = regex(r"[^\w|/.-]|\.[*+?]")
_OTHER = regex(r"[^a-zA-Z0-9_]")


def misspelled_name(name: str) -> str:
    """What is wrong with a name of one of these programs; empty if it may exist.

    A name that resembles no known one may be of a newer version or of another program.
    """
    if not name.startswith(_BEGIN):
        return ""
    for row in _rows():
        if not name.startswith(row["prefix"]) or name in _names(row["name"]):
            continue
        old = next((begin for begin in row.get("instead", {}) if name.startswith(begin)), "")
        meant = row["instead"][old] + name.removeprefix(old) if old else ""
        if meant not in _names(row["name"]):
            first = close(name, row.get("usual", "").split(), row["alike"])
            meant = first or close(name, _names(row["name"]), row["alike"]) or ""
        if meant:
            return f'no {row["name"]} exports {visible(name)}; did you mean "{meant}"?'
    return ""


def value_problems(query: str) -> Iterator[str]:
    """What is wrong with labels of kube-state-metrics that have one of a few values."""
    for metric, matchers in _MATCHERS.findall(query) if "kube_" in query else ():
        for label, operator, given in _MATCHER.findall(matchers):
            row = _values().get((metric, label))
            if row is None or (operator == "=~" and _PATTERN.search(given)):
                continue
            values = given.split("|") if operator == "=~" else [given]
            if row.get("sanitized"):
                wrong = [one for one in values if _OTHER.search(one)]
                meant = _OTHER.sub("_", wrong[0]) if wrong else ""
                hint = f'; did you mean "{meant}"?'
            else:
                wrong = [one for one in values if one and one not in row["any"]]
                hint = f"; the values are {', '.join(row['any'])}"
            if wrong and len(wrong) == len(values):
                yield f"no series of {metric} has {label} {visible(wrong[0])}{hint}"


@cache
def _values() -> dict[tuple[str, str], dict[str, Any]]:
    rows = shipped(__file__, "exporter_names.yaml")["values"]
    return {(metric, row["label"]): row for row in rows for metric in row["metrics"]}


@cache
def _names(program: str) -> frozenset[str]:
    row = next(one for one in _rows() if one["name"] == program)
    names = (f"{begin}{end}" for begin, ends in row["names"].items() for end in ends.split())
    return frozenset({*names, "kube_resourcequota"})


@cache
def _rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shipped(__file__, "exporter_names.yaml")["exporters"]
    return found
