"""Which values Helm charts read, by version.

One JSON file for each chart in `charts/`, written by `tools/charts/write.py` from the chart itself.
The nodes of `values` are those of `stackgen.manifest.chart_tree`. `charts.yaml` has what is written
by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from stackgen import paths
from stackgen.digits import to_int
from stackgen.manifest.shipped import shipped
from stackgen.reading import listing, read_text
from stackgen.record import record
from stackgen.regex import regex

FOLDER = "charts"
_NUMBERS = regex(r"\d+")


@record
class ChartVersion:
    """One version of a chart.

    near: it stands for another one with the same major and minor version. far: for any other one.
    checked: Helm compares values with a schema. given: the version that it stands for. newer: that
    one has a higher major version than any that is known.
    """

    chart: str
    version: str
    values: Mapping[str, Any]
    words: frozenset[str]
    checked: bool
    near: bool = False
    far: bool = False
    given: str = ""
    newer: bool = False

    @property
    def shown(self) -> str:
        """What messages call it."""
        return f"{self.chart} {self.given or self.version}"

    @property
    def remark(self) -> str:
        """What messages add when it stands for another version."""
        if not self.near and not self.far:
            return ""
        unknown = "this version is not known" if self.given else "no version is given"
        return f" ({unknown}; judged by {self.version})"


@cache
def _names() -> frozenset[str]:
    return frozenset(name.removesuffix(".json") for name in listing(paths.catalog(FOLDER)))


@cache
def _versions(chart: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(read_text(paths.catalog(FOLDER, f"{chart}.json")))
    versions: Mapping[str, Any] = found["versions"]
    return versions


@cache
def meaning() -> Mapping[str, Any]:
    """charts.yaml; see there for the fields."""
    found: Mapping[str, Any] = shipped(__file__, "charts.yaml")
    return found


def chart_version(chart: str, version: str, repository: str) -> ChartVersion | None:
    """The version of a chart, or the one that is nearest to it; None for a chart that is not known.

    Others publish charts with the same names. Those of general names are known by their repository.
    """
    needed = meaning()["published"].get(chart, "")
    others = any(word in repository for word in meaning()["others"])
    if chart not in _names() or needed not in repository or others:
        return None
    known = _versions(chart)
    wanted = version.strip().removeprefix("v")
    exact = wanted if wanted in known else ""
    numbers = tuple(to_int(n) for n in _NUMBERS.findall(wanted))
    newest = sorted(known, key=_parts, reverse=True)
    ordered = sorted(newest, key=lambda one: _distance(one, numbers))
    judge = exact or ordered[0]
    row = known[judge]
    same = _parts(ordered[0])[:2] == numbers[:2] and len(numbers) > 1
    return ChartVersion(
        chart, judge, _values(chart, judge), frozenset(row["words"]), row["checked"],
        near=not exact and same, far=not exact and not same, given=wanted,
        newer=numbers[:1] > _parts(newest[0])[:1],
    )  # fmt: skip


@cache
def _values(chart: str, version: str) -> Mapping[str, Any]:
    """The tree of a version, with what charts.yaml adds to it."""
    values: Any = _versions(chart)[version]["values"]
    rules = meaning()["rules"].get(chart, {})
    if values.keys() == {"*", "defaults"}:
        values = values["defaults"]  # where Istio's charts had their defaults before 1.24
    for row in rules.get("spelled", ()):
        values = _with_names(values, row["at"], row["names"])
    prefix = rules.get("prefix", "")
    if prefix:
        inner = {key: node for key, node in values.items() if key != "*"} | {"~": True}
        values = inner | ({} if prefix in inner else {prefix: inner})
    return values  # type: ignore[no-any-return]


def _with_names(node: Any, path: Iterable[str], names: Iterable[str]) -> Any:
    first, *rest = (*path, "")
    if not first:
        named: dict[str, Any] = {**dict.fromkeys(names, "any"), "*": True}
        return named | node if isinstance(node, dict) else named
    return {**node, first: _with_names(node[first], rest, names)} if first in node else node


def _parts(version: str) -> tuple[int, ...]:
    return tuple(to_int(n) for n in _NUMBERS.findall(version))


def _distance(version: str, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """How far a version is from the wanted one; without one, the newest is the nearest."""
    own = _parts(version)
    if not wanted:
        return tuple(-n for n in own)
    return tuple(abs(a - b) for a, b in zip(own, wanted, strict=False))
