"""What the controller, the presets and the installation of a release do differently: two rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.manifest.shipped import shipped
from stackgen.releases.model import EVERYWHERE, Area, Change, Level, Uses, listed, of_rows

_ABSENT = object()
_PRESETS = ("controller", "presets")
_TOLD = 60  # fields of presets in one difference


def behavior_changes(old: Row, new: Row) -> Iterator[Change]:
    """The values of behavior.yaml that differ, and what differs in presets.

    A section that only one of the rows has says nothing: rows for lint have no installation.
    """
    for entry in shipped(__file__, "behavior.yaml"):
        for key, before, after in _values(old.data, new.data, entry["path"].split(".")):
            if before != after and entry.get("when", after) == after:
                yield from _change(entry, key, before, after, old, new)
    yield from _presets(old, new)


def _values(old: Any, new: Any, path: list[str], key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Key and both values at a path; nothing where a section is missing on one side."""
    if not path:
        yield key, old, new
        return
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    step, *rest = path
    for name in dict.fromkeys((*old, *new)) if step == "*" else (step,):
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if rest and _ABSENT in (before, after):
            continue
        if before is not _ABSENT or after is not _ABSENT:
            yield from _values(before, after, rest, name if step == "*" else key)


def _change(
    entry: Mapping[str, Any], key: str, before: Any, after: Any, old: Row, new: Row
) -> Iterator[Change]:
    says = entry["what"]
    if before is _ABSENT or after is _ABSENT:
        says = entry.get("removed" if after is _ABSENT else "added", "")
    if not says:
        return
    was, now = (_shown(one) for one in _apart(before, after))
    words = {"key": key, "old": was, "new": now}
    uses = entry.get("uses", {})
    level: Level = entry["effect"]
    area: Area = "version" if entry["path"] in ("sources.*", "istio.version") else "controller"
    names = entry["path"].replace("*", key)
    yield Change(
        names, area, level, says.format(**words), entry["do"],
        Uses(
            words=tuple(word.format(**words) for word in uses.get("words", ())),
            kinds=tuple(uses.get("kinds", ())),
        ),
        *of_rows(old, new), (names,),
    )  # fmt: skip


def _apart(before: Any, after: Any) -> tuple[Any, Any]:
    """Both values without what they share, so that a report shows the difference."""
    if isinstance(before, list) and isinstance(after, list):
        apart = [x for x in before if x not in after], [x for x in after if x not in before]
        return apart if any(apart) else (before, after)
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return before, after
    if {"chart", "url"} & {*before, *after}:
        return before, after
    pairs = {
        key: _apart(before.get(key, _ABSENT), after.get(key, _ABSENT))
        for key in dict.fromkeys((*before, *after))
        if before.get(key, _ABSENT) != after.get(key, _ABSENT)
    }
    nothing: tuple[Any, ...] = (_ABSENT, {}, [])
    sides = ({k: pair[i] for k, pair in pairs.items() if pair[i] not in nothing} for i in (0, 1))
    return next(sides), next(sides)


def _shown(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping) and "chart" in value:
        return f"chart {value['chart']} {value.get('version', '')}".strip()
    if isinstance(value, Mapping) and "url" in value:
        return f"{value['url']} {value.get('tag') or str(value.get('commit', ''))[:12]}".strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (_ABSENT, None, "", {}, []):
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _presets(old: Row, new: Row) -> Iterator[Change]:
    before, after = _leaves(_at(old)), _leaves(_at(new))
    if before.keys() == {""} or after.keys() == {""}:
        return
    fields = [p for p in dict.fromkeys((*before, *after)) if before.get(p) != after.get(p)]
    if not fields:
        return
    images = [path for path in fields if path.endswith(".image")]
    names = tuple(dict.fromkeys((*images, *fields)))
    yield Change(
        "presets", "preset", "changes",
        f"presets differ in {len(fields)} fields, such as {listed(names, 4)}: all Pods that take "
        "values from them restart",
        "Plan for a restart of every model server and endpoint picker, model by model.",
        EVERYWHERE, *of_rows(old, new), names[:_TOLD],
    )  # fmt: skip


def _at(row: Row) -> Mapping[str, Any]:
    found: Any = row.data
    for step in _PRESETS:
        found = found.get(step, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _leaves(value: Any, path: str = "") -> dict[str, str]:
    """The text of every value by its path."""
    found: dict[str, str] = {}
    items: Any = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        found |= _leaves(inner, f"{path}.{key}" if path else str(key))
    return found if items else {path: json.dumps(value, sort_keys=True, default=str)}
